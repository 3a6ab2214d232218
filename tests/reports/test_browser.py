"""The report of a small training, opened and clicked through in Chromium."""

from __future__ import annotations

import csv
import io
import shutil

import pytest

pytest.importorskip("selenium")

from selenium import webdriver  # noqa: E402
from selenium.common import WebDriverException  # noqa: E402
from selenium.webdriver.common.action_chains import ActionChains  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.select import Select  # noqa: E402
from selenium.webdriver.support.wait import WebDriverWait  # noqa: E402

DESKTOP, PHONE = (1280, 900), (390, 800)
SECTIONS = {
    "results",
    "curves",
    "retrieval",
    "classes",
    "map",
    "learners",
    "atlas",
    "doctor",
    "facts",
    "epochs",
    "settings",
}
DRAWN = "return !!document.querySelector('#{} .main-svg')"


@pytest.fixture
def report(digits_run):
    return digits_run.run.report


@pytest.fixture(scope="module")
def chromium():
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not browser or not driver:
        pytest.skip("needs chromium and chromedriver")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(driver)
    try:
        started = webdriver.Chrome(options=options, service=service)
    except WebDriverException as error:
        pytest.skip(f"Chromium does not start here: {error}")
    with started:
        yield started


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def page(request, chromium, report):
    """The page, in a window of some size; nothing may be said against it."""
    width, height = request.param
    chromium.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {
            "width": width,
            "height": height,
            "deviceScaleFactor": 1,
            "mobile": width < 500,
        },
    )
    chromium.get(report.as_uri())
    # Now and then Chromium is still reading the page.
    _until(chromium, "return document.readyState == 'complete'")
    yield chromium
    assert not chromium.get_log("browser")


def _until(page, condition):
    WebDriverWait(page, 60).until(lambda _: page.execute_script(condition))


def test_each_link_leads_to_its_section_and_figures_are_drawn(page):
    links = page.find_elements("css selector", "nav a")
    assert {link.get_attribute("hash")[1:] for link in links} == SECTIONS
    for link in links:
        page.execute_script("scrollTo(0, 0)")
        link.click()
        name = link.get_attribute("hash")[1:]
        _until(
            page,
            f"const box = document.getElementById('{name}')"
            ".getBoundingClientRect(); return box.top < innerHeight "
            "&& box.bottom > 0",
        )
        if page.find_elements("css selector", f"#{name} > .figure"):
            _until(page, DRAWN.format(name))
    assert not page.find_elements("css selector", ".missing")


def test_nothing_is_wider_than_the_window_by_however_long_names(page):
    names = "h1, summary, strong, figcaption, .name, .findings div, p"
    page.execute_script(
        f"for (const node of document.querySelectorAll('{names}'))"
        "node.textContent = 'long_'.repeat(100)"
    )
    width = page.execute_script("return document.documentElement.scrollWidth")
    assert width <= page.execute_script("return innerWidth")


def _show(page, section):
    page.execute_script(
        f"document.getElementById('{section}').scrollIntoView()"
    )
    _until(page, DRAWN.format(section))


def test_a_dot_of_a_map_shows_its_image(page):
    _show(page, "map")
    dots = page.find_elements("css selector", "#map .points path")
    ActionChains(page).move_to_element(dots[len(dots) // 2]).perform()
    _until(page, "return !!document.querySelector('#map .preview .picture')")
    picture = page.find_element("css selector", "#map .preview img")
    assert _is_drawn(page, picture)
    assert picture.get_attribute("alt")


def _is_drawn(page, image):
    """Whether the browser could read the picture."""
    WebDriverWait(page, 60).until(
        lambda _: page.execute_script("return arguments[0].complete", image)
    )
    return page.execute_script("return arguments[0].naturalWidth > 0", image)


def test_a_click_enlarges_a_picture_and_names_its_file(page):
    picture = page.find_element("css selector", "#retrieval .picture")
    page.execute_script("arguments[0].scrollIntoView()", picture)
    assert _is_drawn(page, picture.find_element("css selector", "img"))
    picture.click()
    dialog = page.find_element("id", "enlarged")
    assert dialog.is_displayed()
    assert dialog.find_element("css selector", "img").size["width"] > 80
    number = int(picture.get_attribute("data-picture"))
    file = page.execute_script("return PICTURES.files[arguments[0]]", number)
    assert file in dialog.text
    dialog.find_element("css selector", "button").click()
    assert not dialog.is_displayed()


def test_keys_enlarge_a_picture_and_escape_returns_to_it(page):
    picture = page.find_element("css selector", "#atlas [open] .picture")
    page.execute_script("arguments[0].focus()", picture)
    ActionChains(page).send_keys(Keys.ENTER).perform()
    dialog = page.find_element("id", "enlarged")
    assert dialog.is_displayed()
    ActionChains(page).send_keys(Keys.ESCAPE).perform()
    assert not dialog.is_displayed()
    assert page.switch_to.active_element == picture


def _choose(page, name, value):
    page.execute_script(
        "const field = filters.elements[arguments[0]];"
        "field.value = arguments[1];"
        "field.dispatchEvent(new Event('input', {bubbles: true}))",
        *(name, value),
    )


def _visible(page, selector):
    found = page.find_elements("css selector", selector)
    return [each for each in found if each.is_displayed()]


def test_wrong_queries_alone_are_shown(page):
    _choose(page, "nearest", "wrong")
    shown = _visible(page, "#retrieval .query")
    assert shown
    for query in shown:
        first = query.find_element("css selector", "li")
        assert first.get_attribute("class") == "wrong"
    page.find_element("css selector", "#filters [type=reset]").click()
    _until(page, "return !document.querySelector('[data-item][hidden]')")


def test_a_class_leaves_what_shows_it(page):
    _choose(page, "class", "9")
    shown = _visible(page, "#retrieval .query")
    assert shown
    for query in shown:
        alts = query.find_elements("css selector", "img")
        assert any(": 9, " in a.get_attribute("alt") for a in alts)


def test_a_name_in_the_legend_leaves_its_learner(page):
    _show(page, "learners")
    _until(
        page, "return !!document.querySelector('#learners .map-legend button')"
    )
    button = page.find_element("css selector", "#learners .map-legend button")
    page.execute_script("arguments[0].click()", button)
    assert button.get_attribute("aria-pressed") == "true"
    learner = button.get_attribute("data-name")
    shown = _visible(page, "#atlas [data-learner]")
    assert {s.get_attribute("data-learner") for s in shown} == {learner}
    assert page.execute_script(
        "return document.querySelector('#learners .figure')"
        ".data[1].selectedpoints.length == 0"
    )


def test_tags_are_kept_and_saved_as_a_list_to_drop(page):
    page.execute_script("tags.clear(); keepTags(); showTags()")
    field = page.find_element("css selector", "#doctor select[data-tag]")
    number = int(field.get_attribute("data-tag"))
    Select(field).select_by_visible_text("duplicate")
    page.refresh()
    assert page.find_element("id", "save-tags").is_displayed()
    file = page.execute_script("return PICTURES.files[arguments[0]]", number)
    table = page.execute_script("return tagTable()")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [(row["file"], row["tag"]) for row in rows] == [(file, "duplicate")]
    page.execute_script("tags.clear(); keepTags(); showTags()")


def test_an_enlarged_picture_is_tagged(page):
    picture = page.find_element("css selector", "#retrieval .picture")
    page.execute_script("arguments[0].click()", picture)
    field = page.find_element("css selector", "#enlarged select")
    Select(field).select_by_visible_text("bad picture")
    assert "tagged" in picture.get_attribute("class")
    page.execute_script("tags.clear(); keepTags(); showTags()")


def test_a_clustering_that_is_closed_opens_and_draws_its_flow(page):
    closed = page.find_elements("css selector", "#atlas details:not([open])")
    page.execute_script("arguments[0].scrollIntoView()", closed[-1])
    closed[-1].find_element("css selector", "summary").click()
    assert closed[-1].find_element("css selector", ".picture").is_displayed()
    flow = closed[-1].find_element("css selector", ".figure")
    page.execute_script("arguments[0].scrollIntoView()", flow)
    _until(page, "return !!document.querySelector('#atlas .sankey-link')")


def test_a_name_below_the_curves_shows_its_curve(page):
    _show(page, "curves")
    curves = "return document.querySelectorAll('#curves .trace.scatter').length"
    shown = page.execute_script(curves)
    names = page.find_elements("css selector", "#curves .legendtoggle")
    ActionChains(page).click(names[1]).perform()
    _until(page, f"{curves} != {shown}")
    assert page.execute_script(curves) == shown + 1


def test_dark_mode_has_light_text(page):
    color = "return getComputedStyle(document.body).color"
    assert page.execute_script(color) == "rgb(0, 0, 0)"
    _set_scheme(page, "dark")
    assert page.execute_script(color) == "rgb(255, 255, 255)"
    _set_scheme(page, "light")


def _set_scheme(page, scheme):
    feature = {"name": "prefers-color-scheme", "value": scheme}
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})


def _column(page, number):
    return page.execute_script(
        "return [...document.querySelectorAll('#class-table tbody tr')]"
        f".filter(row => !row.hidden).map(row => row.cells[{number}])"
        ".map(cell => cell.textContent)"
    )


def test_classes_are_sorted_by_a_click_at_a_column(page):
    buttons = page.find_elements("css selector", "#class-table button")
    for number, parse in ((0, str), (2, float)):
        before = _column(page, number)
        page.execute_script("arguments[0].click()", buttons[number])
        values = [parse(text) for text in _column(page, number)]
        assert values == sorted(map(parse, before))
        page.execute_script("arguments[0].click()", buttons[number])
        values = [parse(text) for text in _column(page, number)]
        assert values == sorted(map(parse, before), reverse=True)


def test_classes_are_filtered_by_what_is_typed(page):
    names = _column(page, 0)
    field = page.find_element("css selector", "[data-filters=class-table]")
    page.execute_script("arguments[0].scrollIntoView()", field)
    field.send_keys("no such class")
    assert _column(page, 0) == []
    field.clear()
    field.send_keys(names[0])
    assert names[0] in _column(page, 0)
    told = page.find_element("css selector", "[data-counts=class-table]")
    assert told.text == f"{len(_column(page, 0))} of {len(names)} rows"


def test_the_distances_of_pairs_are_drawn(page):
    _show(page, "distances")
    names = page.execute_script(
        "return document.querySelector('#distances .figure').data"
        ".map(trace => trace.name)"
    )
    assert names == ["one class", "different classes"]
