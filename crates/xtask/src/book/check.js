// Runs inside of a page beside the book: opens every chapter in a frame, at the width of a phone
// and of a desktop, in each of the themes, and notes what is wrong. The findings are written
// into the page as JSON, where `cargo xtask book --browser` reads them.
"use strict";

const WIDTHS = { phone: 390, desktop: 1280 };
const THEMES = ["light", "rust", "coal", "navy", "ayu"];
const HEIGHT = 900;

/** Least contrast of WCAG 2.1, level AA (1.4.3). */
const CONTRAST = { normal: 4.5, large: 3 };

function channel(value) {
    const c = value / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
}

function luminance([r, g, b]) {
    return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
}

function contrast(one, other) {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
}

/** `rgb(1, 2, 3)` or `rgba(1, 2, 3, 0.5)` as four numbers. */
function colour(text) {
    const numbers = text.match(/[\d.]+/g).map(Number);
    return numbers.length === 4 ? numbers : [...numbers, 1];
}

function over([r, g, b, a], below) {
    return [r, g, b].map((value, i) => value * a + below[i] * (1 - a));
}

function background(element, view) {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
        layers.push(colour(view.getComputedStyle(at).backgroundColor));
        if (layers.at(-1)[3] === 1) break;
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
}

function unreadable(view) {
    const found = new Map();
    const texts = view.document.createTreeWalker(view.document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const text = texts.currentNode.textContent.trim();
        const element = texts.currentNode.parentElement;
        const shown = element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
        if (!text || !shown || ["SCRIPT", "STYLE", "NOSCRIPT"].includes(element.tagName)) continue;
        const style = view.getComputedStyle(element);
        const drawn = element.closest("svg") && element.tagName !== "figcaption";
        const below = background(element, view);
        const ink = over(colour(drawn ? style.fill : style.color), below);
        const ratio = contrast(ink, below);
        const size = parseFloat(style.fontSize);
        const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
        if (ratio < (large ? CONTRAST.large : CONTRAST.normal)) {
            const name = `${element.tagName.toLowerCase()}.${element.getAttribute("class") ?? ""}`;
            if (!found.has(name)) found.set(name, `"${text.slice(0, 30)}" has ${ratio.toFixed(2)}`);
        }
    }
    return [...found].map(([name, what]) => `contrast of ${name}: ${what}`);
}

function missingPictures({ document }) {
    const broken = [...document.images].filter((image) => !image.complete || !image.naturalWidth);
    const empty = [...document.querySelectorAll("figure.picture svg")].filter(
        (picture) => !picture.getBoundingClientRect().height || !picture.querySelector("text"),
    );
    return [...broken, ...empty].map((picture) => `missing picture ${picture.src ?? "in a figure"}`);
}

function sidewaysScroll({ document }) {
    const page = document.scrollingElement;
    const wide = page.scrollWidth - page.clientWidth;
    return wide > 1 ? [`the page scrolls sideways, by ${wide} px`] : [];
}

function deadFragments({ document }) {
    const links = [...document.querySelectorAll('main a[href^="#"]')];
    return links
        .map((link) => decodeURIComponent(link.getAttribute("href").slice(1)))
        .filter((id) => id && !document.getElementById(id))
        .map((id) => `a link to #${id}, which is not on the page`);
}

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

async function open(path, width, theme) {
    localStorage.setItem("mdbook-theme", theme);
    const frame = document.createElement("iframe");
    frame.width = width;
    frame.height = HEIGHT;
    frame.style.border = "none";
    const loaded = new Promise((done) => frame.addEventListener("load", done));
    frame.src = path;
    document.body.append(frame);
    await loaded;
    // What is folded is looked at too.
    for (const folded of frame.contentDocument.querySelectorAll("details")) folded.open = true;
    await pause(400); // the theme's transitions
    return frame;
}

/** The search finds a trap by its symptom. */
async function search() {
    const frame = await open("introduction.html", WIDTHS.desktop, THEMES[0]);
    const { document } = frame.contentWindow;
    document.getElementById("mdbook-search-toggle").click();
    await pause(2000); // the index is loaded on demand
    const bar = document.getElementById("mdbook-searchbar");
    bar.value = "timeout never fires";
    bar.dispatchEvent(new Event("input", { bubbles: true }));
    bar.dispatchEvent(new Event("keyup", { bubbles: true }));
    await pause(2000);
    const results = [...document.querySelectorAll("#mdbook-searchresults a")];
    frame.remove();
    const found = results.some((link) => link.href.includes("timer_reset_in_select_loop"));
    return found ? [] : [`the search found ${results.length} pages, and not the right one`];
}

async function main(pages) {
    const findings = [];
    const note = (where, problems) => findings.push(...problems.map((what) => `${where}: ${what}`));
    let looks = 0;
    for (const page of pages) {
        for (const [name, width] of Object.entries(WIDTHS)) {
            for (const theme of THEMES) {
                const frame = await open(page, width, theme);
                const view = frame.contentWindow;
                const where = `${page}, ${name}, ${theme}`;
                if (!view.document.documentElement.classList.contains(theme)) {
                    note(where, ["the theme was not taken"]);
                }
                note(where, unreadable(view));
                note(where, missingPictures(view));
                note(where, sidewaysScroll(view));
                note(where, deadFragments(view));
                frame.remove();
                looks += 1;
            }
        }
    }
    note("search", await search());
    const report = document.createElement("pre");
    report.id = "report";
    report.textContent = JSON.stringify({ looks, findings });
    document.body.append(report);
}
