"""Accounts in the browser: sessions, passwords, links, and the contact form."""

import re

import httpx
import pytest
from playwright.sync_api import Route, expect

from tests.support.browser import PASSWORD, Visitor, link_in, new_account, newest_mail
from tests.support.running_service import plain_text


def test_a_session_lasts_over_pages_and_ends_with_signing_out(visitor: Visitor) -> None:
    visitor.sign_in(new_account(visitor.service))
    first = visitor.context.cookies()[0]["value"]
    page = visitor.go("/account")
    expect(page.locator("#verified")).to_have_text("Confirmed")
    assert visitor.context.cookies()[0]["value"] != first  # a refresh token works once
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    assert visitor.context.cookies() == []
    visitor.go("/history")
    page.wait_for_url(re.compile("/login#next="))


def test_a_password_change_keeps_a_page_signed_in_that_asks_for_something_meanwhile(
    visitor: Visitor,
) -> None:
    """The first session ends before the answer with the second one's tokens has arrived."""
    visitor.sign_in(new_account(visitor.service))
    page = visitor.go("/account")
    expect(page.locator("#sessions li")).to_have_count(1)

    def ask_before_answering(route: Route) -> None:
        asked = route.request
        answer = httpx.post(
            asked.url,
            headers=asked.all_headers(),
            content=asked.post_data_buffer,
            trust_env=False,
        )
        page.evaluate(
            """async () => {
              const { authorizedRequest } = await import("/js/session.js");
              authorizedRequest("GET", "/me/sessions").catch(() => {});
            }"""
        )
        page.wait_for_timeout(1000)
        kept = {name: answer.headers[name] for name in ("content-type", "set-cookie")}
        route.fulfill(status=answer.status_code, headers=kept, body=answer.content)

    page.route("**/password/change", ask_before_answering)
    page.fill("#password [name=current_password]", PASSWORD)
    page.fill("#password [name=new_password]", f"{PASSWORD}, again")
    page.locator("#password [type=submit]").click()
    expect(page.locator("#password [role=status]")).to_contain_text("Password changed")


def test_an_account_is_changed_recovered_and_deleted(visitor: Visitor) -> None:
    email = new_account(visitor.service)
    visitor.sign_in(email)
    page = visitor.go("/account")
    expect(page.locator("#email")).to_have_text(email)
    page.fill("#profile [name=name]", "Grace")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#profile [role=status]")).to_have_text("Changes saved.")
    page.reload()
    expect(page.locator("#profile [name=name]")).to_have_value("Grace")

    page.fill("#password [name=current_password]", PASSWORD)
    page.fill("#password [name=new_password]", "heartsense1")
    page.locator("#password [type=submit]").click()
    assert "too easy to guess" in visitor.alert()
    page.fill("#password [name=new_password]", f"{PASSWORD}, again")
    page.locator("#password [type=submit]").click()
    expect(page.locator("#password [role=status]")).to_contain_text("Password changed")

    visitor.go("/forgot")
    page.fill("[name=email]", email)
    page.locator("form [type=submit]").click()
    expect(page.locator("#sent-step")).to_be_visible()
    visitor.go(link_in(newest_mail(visitor.service, email, "Your HeartSense password")))
    page.fill("[name=password]", PASSWORD)
    page.locator("form [type=submit]").click()
    expect(page.locator("#done-step")).to_be_visible()

    visitor.sign_in(email)
    visitor.go("/account")
    page.fill("#delete [name=password]", PASSWORD)
    page.locator("#delete [type=submit]").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete account").click()
    page.wait_for_url("/")
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    assert visitor.context.cookies() == []


def test_a_message_reaches_the_operator(visitor: Visitor) -> None:
    page = visitor.go("/contact")
    page.fill("[name=name]", "Ada")
    page.fill("[name=email]", "ada@example.org")
    page.fill("[name=subject]", "A question")
    page.fill("[name=message]", "What is a lead?")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("status")).to_contain_text("Message sent")
    mail = newest_mail(visitor.service, "operator@example.org", "Contact form: A question")
    assert "What is a lead?" in plain_text(mail)


def test_a_link_that_does_not_work_is_reported(visitor: Visitor) -> None:
    for address in ("/verify", "/verify#token=made.up"):
        page = visitor.go(address)
        page.reload()
        page.get_by_role("button", name="Confirm address").click()
        assert "Request a new one" in visitor.alert()


def test_two_tabs_take_turns_at_refreshing(visitor: Visitor) -> None:
    visitor.sign_in(new_account(visitor.service))
    tabs = [visitor.context.new_page() for _ in range(3)]
    for tab in tabs:
        tab.goto("/account", wait_until="commit")
    for tab in tabs:
        expect(tab.locator("#verified")).to_have_text("Confirmed")


def test_a_wrong_password_is_shown_in_the_form(visitor: Visitor) -> None:
    page = visitor.go("/login")
    page.fill("[name=email]", "nobody@example.org")
    page.fill("[name=password]", "wrong but long enough")
    page.click("form [type=submit]")
    assert visitor.alert().endswith(".")
    expect(page.locator("#first-step [type=submit]")).to_be_enabled()


def test_signing_in_leads_to_no_other_site(visitor: Visitor) -> None:
    email = new_account(visitor.service)
    for wanted in ("https%3A%2F%2Fexample.org%2F", "https%3A%2F%2F%3A", "blob%3A{origin}%2Fx"):
        page = visitor.go(f"/login#next={wanted.format(origin=visitor.service.url)}")
        page.reload()  # only the fragment changed
        page.fill("[name=email]", email)
        page.fill("[name=password]", PASSWORD)
        page.click("form [type=submit]")
        page.wait_for_url("/")


PASSWORD_FIELDS = {
    "/login": {"password": "current-password"},
    "/register": {"password": "new-password"},
    "/reset#token=any": {"password": "new-password"},
    "/account": {
        "current_password": "current-password",
        "new_password": "new-password",
        "password": "current-password",
    },
}


@pytest.mark.parametrize("path", PASSWORD_FIELDS)
def test_password_fields_hide_what_is_typed_and_let_managers_fill_and_people_paste(
    visitor: Visitor, path: str
) -> None:
    if path == "/account":
        visitor.sign_in(new_account(visitor.service))
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visitor.go(path)
    fields = page.locator("input[autocomplete*=password], input[type=password]")
    purposes = fields.evaluate_all("all => all.map((one) => [one.name, one.autocomplete])")
    assert dict(purposes) == PASSWORD_FIELDS[path]
    for field in fields.all():
        expect(field).to_have_attribute("type", "password")
        page.evaluate("navigator.clipboard.writeText('pasted words, four of them')")
        field.focus()
        page.keyboard.press("ControlOrMeta+v")
        expect(field).to_have_value("pasted words, four of them")
