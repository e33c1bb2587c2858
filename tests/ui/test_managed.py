"""The browser of managed policies, in plain Python."""

from perm_lab.display import html
from perm_lab.scenarios import managed_policies as managed
from perm_lab.ui import PolicyBrowser


def test_each_choice_shows_how_policy_and_function_fit():
    browser = PolicyBrowser()
    for name in managed.policies():
        browser.policy.value = name
        for need in managed.needs():
            browser.need.value = need.key
            fit = managed.fit(name, need.key)
            assert fit == browser.fit
            assert f"{'✓' if fit.enough else '✗'} {fit.sentence}" in browser.result.value
        assert catalogued(name) in browser.document.value


def catalogued(name):
    return f"version {managed.policies()[name].version}"


def test_it_reads_without_a_kernel():
    browser = PolicyBrowser("AWSLambdaRole", "vpc")
    assert "AWSLambdaRole is not enough" in browser.text() and "AWSLambdaRole is not enough" in browser.static()
    assert all(name in browser.static() for name in managed.policies())


def test_the_matrix_and_a_fit_show_themselves():
    page = html(managed.matrix(["AWSLambdaKinesisExecutionRole"]))
    assert "AWSLambda" in page and page.count("✓") >= 2 and "3/7" in page
    assert "salaries" in html(managed.fit("AWSLambdaKinesisExecutionRole", "kinesis"))
