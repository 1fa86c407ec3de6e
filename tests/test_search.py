"""The search finds the section that treats a word, under any of its names, and leads to it."""

import gzip
import json
import re
from types import SimpleNamespace
from urllib.parse import quote_plus

import pytest
from lxml import html

from _ext.course_page import plain, search
from tests.browsing import served, violations, visit
from tools.files import SITE

PHONE, DESK = 390, 1280
STATUS = ".bd-search-container [role=status]"
RESULTS = "#search-results a"

ONE_HOUR, SHIFT, FORWARD, BACKWARD, LAYER, INFERENCE, ROOM, WHY, RELATIVES, USE = (
    f"{name}.html"
    for name in (
        "00-one-hour",
        "01-covariate-shift",
        "02-normalizing-a-batch",
        "03-backward-pass",
        "04-layer-from-scratch",
        "05-training-and-inference",
        "06-what-it-buys",
        "07-why-it-works",
        "08-batch-size-and-relatives",
        "09-deployment",
    )
)

EXPECTED = {
    f"{ONE_HOUR}#what-is-covariate-shift": ["covariate shift"],
    f"{ONE_HOUR}#what-becomes-of-the-bias-and-where-does-the-noise-come-from": ["bias"],
    f"{SHIFT}#internal-covariate-shift-what-happens-to-z-during-training": [
        "internal covariate shift"
    ],
    f"{SHIFT}#histograms-in-tensorboard": ["TensorBoard"],
    f"{FORWARD}#what-are-gamma-and-beta-for": ["gamma", "beta", "scale and shift", "affine"],
    f"{FORWARD}#does-epsilon-ever-matter": ["epsilon", "eps", "ε"],
    f"{FORWARD}#batch-or-layer-normalization-columns-or-rows": ["layer norm", "LayerNorm"],
    f"{FORWARD}#images-one-mean-and-one-variance-for-each-channel": ["convolution", "BatchNorm2d"],
    f"{FORWARD}#is-the-output-gaussian": ["bell curve", "normal distribution"],
    f"{FORWARD}#what-comes-out-of-a-batch-of-one": ["batch size 1", "single example"],
    f"{BACKWARD}#gradient-checking-is-a-gradient-right": ["gradient check", "numerical gradient"],
    f"{BACKWARD}#backpropagation-node-by-node": ["backprop", "chain rule"],
    f"{BACKWARD}#the-computational-graph": ["computational graph", "compute graph"],
    f"{BACKWARD}#the-closed-form-derived-with-sympy": ["SymPy"],
    f"{LAYER}#training-mode-inference-mode-and-a-single-image": [
        "inference mode",
        "eval mode",
        "evaluation mode",
        "training mode",
    ],
    f"{LAYER}#before-the-activation-or-after-it": ["before the activation", "pre-activation"],
    f"{INFERENCE}#what-does-a-moving-average-average": [
        "moving averages",
        "running mean",
        "running statistics",
        "EMA",
    ],
    f"{INFERENCE}#momentum-in-keras-and-in-pytorch": ["momentum", "PyTorch momentum"],
    f"{INFERENCE}#recalibration-precise-statistics-for-a-trained-net": [
        "recalibration",
        "precise statistics",
        "update_bn",
    ],
    f"{INFERENCE}#fine-tuning-what-does-trainable-false-freeze": ["trainable=False"],
    f"{ROOM}#how-large-may-the-learning-rate-be": ["learning rate", "step size", "warmup"],
    f"{ROOM}#how-well-must-the-initial-weights-be-chosen": ["initialization", "Glorot"],
    f"{ROOM}#does-it-make-deeper-nets-trainable": ["deep nets"],
    f"{WHY}#what-does-weight-decay-an-l2-penalty-do": ["weight decay", "L2", "AdamW"],
    f"{WHY}#does-the-noise-of-the-batch-regularize": ["regularization", "dropout"],
    f"{WHY}#is-the-loss-surface-smoother": ["loss landscape", "Lipschitz"],
    f"{WHY}#scale-invariance-and-the-effective-learning-rate": [
        "scale invariance",
        "effective learning rate",
    ],
    f"{WHY}#exploding-gradients-depth-and-skip-connections": [
        "exploding gradients",
        "residual connections",
    ],
    f"{RELATIVES}#group-normalization": ["group norm", "GroupNorm"],
    f"{RELATIVES}#rms-normalization": ["RMSNorm"],
    f"{RELATIVES}#instance-normalization": ["instance norm"],
    f"{RELATIVES}#small-batches-in-training-how-small-may-the-batch-be": ["small batch"],
    "pytorch.html#bug-three-biased-or-unbiased-variance": ["unbiased variance"],
    f"{USE}#folding-the-layer-into-the-one-before-it": ["fold", "fuse"],
    f"{USE}#fine-tuning-with-frozen-batch-normalization": ["fine-tuning", "transfer learning"],
    f"{USE}#several-devices-local-or-synchronized-statistics": [
        "SyncBatchNorm",
        "synchronized",
        "multi GPU",
    ],
    f"{USE}#mixed-precision-a-variance-in-half-precision": ["mixed precision", "float16"],
    "glossary.html#term-ghost-batch-normalization": ["ghost batch norm"],
    "glossary.html#term-Wasserstein-distance": ["Wasserstein distance"],
}
"""What stands first, and the queries for it."""

QUERIES = [(query, address) for address, queries in EXPECTED.items() for query in queries]

PAGE = """
<html><body><nav>Menu</nav><article><section id="page">
<h1><span class="section-number">7. </span>Why<a class="headerlink" href="#page">#</a></h1>
<p>The beginning.</p>
<section id="decay"><span id="old"></span>
<h2>2 · What does weight decay do?<a class="headerlink" href="#decay">#</a></h2>
<p class="path">● Core · 2 minutes</p>
<p>It <em>shrinks</em> the weights:
<span class="math">{inline}</span> is what <code>decay</code> says.</p>
<div class="math"><span class="katex-display">{display}</span></div>
<div class="cell"><div class="cell_input"><pre>shrunk_weights = 0.9 * weights</pre></div>
<div class="cell_output"><pre>printed</pre></div></div>
<details><summary>Answer</summary><p>Nothing at all.</p></details>
<section id="sub"><h3>A remark</h3><p>Smaller print.</p></section>
</section>
<section id="empty"><h2>Nothing below</h2><section id="more"><h3>More</h3><p>Words.</p></section>
</section></section></article></body></html>
"""

GLOSSARY = """
<article><section id="glossary"><h1>Glossary</h1><p>Terms.</p><dl class="glossary">
<dt id="term-momentum">momentum<a class="headerlink" href="#term-momentum">#</a></dt>
<dd><p>The weight of the old value.</p></dd>
<dt id="term-moving-average">moving average</dt><dd><p>It forgets what is old.</p></dd>
</dl></section></article>
"""

CLAIMS = """
<article><section id="claims"><h1>Claims</h1><p>All measured.</p><section id="one"><h2>One</h2>
<dl><dt><a href="07-why.html#claim-decay">Decay shrinks.</a></dt><dd><p>Measured: 1.</p></dd>
<dd><p>Reproduced here.</p></dd></dl></section></section></article>
"""

REFERENCES = """
<article><section id="references"><h1>References</h1><div role="list">
<div role="listitem" id="id1"><span class="label">[IS15]</span>
<p>Ioffe and Szegedy. Batch normalization. 2015. URL: <a href="https://a.b">https://a.b</a>.</p>
</div></div></section></article>
"""


def mathml(inside, tex="\\TeX"):
    """A formula as KaTeX writes it: for readers of MathML, and for the eye."""
    tree = f"<semantics><mrow>{inside}</mrow><annotation>{tex}</annotation></semantics>"
    return (
        f"<span class='katex'><span class='katex-mathml'><math>{tree}</math></span>"
        "<span class='katex-html' aria-hidden='true'>glyphs</span></span>"
    )


INLINE = mathml("<mi>λ</mi><msup><mi>w</mi><mn>2</mn></msup>", r"\lambda w^2")

SITE_OF_PAGES = SimpleNamespace(
    texts={
        "07-why.html": PAGE.format(inline=INLINE, display=mathml("<mi>E</mi>")),
        "glossary.html": GLOSSARY,
        "claims.html": CLAIMS,
        "references.html": REFERENCES,
        "search.html": PAGE,
    }
)


def indexed(site):
    """{address: section} of the script with the index."""
    script = search.index(site)
    found = json.loads(script.removeprefix("const SEARCH_INDEX = ").removesuffix(";\n"))
    return {section["address"]: section for section in found["sections"]}


@pytest.fixture(scope="module")
def small():
    return indexed(SITE_OF_PAGES)


def test_each_section_is_found_without_its_subsections(small):
    assert [address for address in small if address.startswith("07")] == [
        "07-why.html",
        "07-why.html#decay",
        "07-why.html#sub",
        "07-why.html#more",
        "07-why.html#claim-decay",
    ]
    assert small["07-why.html"]["title"] == "Chapter 7: Why"
    assert small["07-why.html"]["text"] == "The beginning."
    decay = small["07-why.html#decay"]
    assert (decay["title"], decay["page"]) == ("What does weight decay do?", "Chapter 7: Why")
    assert decay["text"] == "It shrinks the weights: λw² is what decay says. Nothing at all."
    assert (decay["terms"], decay["code"]) == ("shrinks", "shrunk weights")


def test_terms_claims_and_papers_are_found_alone(small):
    momentum = small["glossary.html#term-momentum"]
    assert (momentum["title"], momentum["text"]) == ("momentum", "The weight of the old value.")
    assert small["glossary.html"]["text"] == "Terms."
    claim = small["07-why.html#claim-decay"]
    assert claim["title"] == "Decay shrinks."
    assert (claim["kind"], claim["text"]) == ("claim", "Measured: 1. Reproduced here.")
    assert small["references.html#id1"]["title"] == "Ioffe and Szegedy. Batch normalization. 2015."


@pytest.mark.parametrize(
    "formula, text",
    [
        ("<mover accent='true'><mi>x</mi><mo>^</mo></mover>", "x̂"),
        ("<msubsup><mi>σ</mi><mi>j</mi><mn>2</mn></msubsup>", "σⱼ²"),
        ("<mn>1</mn><mi mathvariant='normal'>/</mi><mi>N</mi>", "1/N"),
        ("<mi>m</mi><mo>=</mo><mn>0.9</mn>", "m = 0.9"),
        (
            "<mfrac><mi>γ</mi><msqrt><mrow><mi>v</mi><mo>+</mo><mi>ϵ</mi></mrow></msqrt></mfrac>",
            "γ/(√(v+ϵ))",
        ),
        ("<msup><mn>10</mn><mrow><mo>−</mo><mn>3</mn></mrow></msup>", "10⁻³"),
        ("<msup><mi>e</mi><mi>λ</mi></msup>", "e^λ"),
        ("<mo>(</mo><mi>N</mi><mo>,</mo><mi>D</mi><mo>)</mo>", "(N, D)"),
    ],
)
def test_a_formula_becomes_what_one_would_type(formula, text):
    assert plain.text(html.fragment_fromstring(f"<p>{mathml(formula)}</p>")) == text


@pytest.fixture(scope="module")
def ask(chromium):
    """A function that asks a page: query -> addresses in their order, and how they were found."""
    page = chromium.new_page()
    page.set_content("<p>")
    page.add_script_tag(content=search.index(SITE_OF_PAGES))
    scripts = search.script().partition("// The search page")[0]
    page.add_script_tag(content=scripts)
    yield lambda query: tuple(page.evaluate(FIND, query))
    page.close()


FIND = """query => {
    const { hits, how } = bookSearch.find(query);
    return [hits.map(({ id }) => bookSearch.sections[id].address), how];
}"""

DECAY = "07-why.html#decay"


@pytest.mark.parametrize(
    "query, first, how",
    [
        ("weight decay", DECAY, "all"),
        ("what does weight decay do?", DECAY, "all"),
        ("WEIGHTS decaying", DECAY, "all"),
        ("weight dec", DECAY, "all"),
        ("L2", DECAY, "own"),
        ("wieght decay", DECAY, "close"),
        ("weight decay zebra", DECAY, "some"),
        ("shrunk", DECAY, "all"),
        ("λw²", DECAY, "all"),
        ("running mean", "glossary.html#term-moving-average", "own"),
        ("szegedy", "references.html#id1", "all"),
        ("zebra", None, "none"),
        ("what is it?", None, "silent"),
        ("?!", None, "silent"),
    ],
)
def test_a_query_is_answered_by_its_section_and_says_how(query, first, how, ask):
    found, said = ask(query)
    assert (found[0] if found else None, said) == (first, how)


def test_a_title_counts_more_than_text_and_a_phrase_more_than_words(chromium, ask):
    assert ask("decay")[0] == [DECAY, "07-why.html#claim-decay"]
    assert ask("old")[0][0] == "glossary.html#term-moving-average"  # a shorter text
    assert ask("old value")[0][0] == "glossary.html#term-momentum"


@pytest.fixture(scope="module")
def address():
    if not (SITE / "search.html").exists():
        pytest.fail("There is no book to search: run `make book` first.")
    with served(SITE) as address:
        yield address


@pytest.fixture(scope="module")
def firsts(address, chromium):
    """{query: the address that stands first for it}."""
    with visit(chromium, f"{address}search.html") as page:
        return {query: next(iter(page.evaluate(FIND, query)[0]), None) for query, _ in QUERIES}


@pytest.mark.parametrize("query, first", QUERIES)
def test_the_book_answers_with_the_section_that_treats_it(query, first, firsts):
    assert firsts[query] == first


def test_every_name_on_the_left_of_the_synonyms_finds_something(address, chromium):
    with visit(chromium, f"{address}search.html") as page:
        how = {own: page.evaluate(FIND, own)[1] for own in search.SYNONYMS}
    assert {own: said for own, said in how.items() if said != "all"} == {}


def test_what_is_shown_of_a_section_is_prose():
    pages = {p.relative_to(SITE).as_posix(): p.read_text("utf-8") for p in SITE.rglob("*.html")}
    own = {name: text for name, text in pages.items() if not name.startswith(("_", "slides"))}
    found = indexed(SimpleNamespace(texts=own))
    leaked = r"\\[a-zA-Z]|\$|\bdef \w+\(|\bimport \w+ as\b|\{\w|#\s*$| {2}"
    assert len(found) > 200
    assert {a: s["text"] for a, s in found.items() if re.search(leaked, s["text"])} == {}
    anchors = {name: set(html.fromstring(text).xpath("//@id")) for name, text in own.items()}
    lead = (address.partition("#") for address in found)
    assert [a for a in lead if a[0] not in anchors or (a[2] and a[2] not in anchors[a[0]])] == []


def sent(name):
    return len(gzip.compress((SITE / "_static" / name).read_bytes()))


def test_only_the_search_page_carries_the_search(address, chromium):
    assert sent("search.js") < 20_000
    assert sent("search-index.js") < 160_000
    with visit(chromium, f"{address}notation.html") as page:
        assert [url for url in page.fetched if "search" in url] == []


@pytest.mark.parametrize("home", ["host", "file"])
def test_results_come_while_one_types_and_lead_to_the_marked_word(home, address, chromium):
    base = {"host": address, "file": SITE.as_uri() + "/"}[home]
    with visit(chromium, f"{base}search.html", PHONE) as page:
        assert page.locator(STATUS).inner_text() == ""
        page.get_by_role("searchbox").press_sequentially("running me")
        page.get_by_role("searchbox").press_sequentially("an")
        page.locator(STATUS, has_text="“running mean”").wait_for()
        assert re.search(r"\d+ results", page.locator(STATUS).inner_text())
        assert page.url == f"{base}search.html?q=running+mean"
        first = page.locator("#search-results li").first
        assert {m.lower() for m in first.locator("mark").all_inner_texts()} <= {
            "moving average",
            "moving averages",
        }
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE
        first.get_by_role("link").tap()
        anchor = "what-does-a-moving-average-average"
        page.wait_for_url(f"{base}{INFERENCE}#{anchor}")
        marks = page.locator("mark")
        assert marks.count() > 1
        assert page.locator(f"[id='{anchor}'] mark").count() == marks.count()
        page.keyboard.press("Escape")
        assert marks.count() == 0
        page.go_back()
        page.locator(RESULTS).first.wait_for()
        assert page.get_by_role("searchbox").input_value() == "running mean"
        assert page.complaints == []


def test_the_keyboard_alone_goes_from_any_page_to_a_section(address, chromium):
    with visit(chromium, f"{address}notation.html") as page:
        page.keyboard.press("Control+k")
        page.keyboard.type("epsilon")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{address}search.html?q=epsilon")
        page.locator(RESULTS).first.wait_for()
        focused = f"[...document.querySelectorAll('{RESULTS}')].indexOf(document.activeElement)"
        steps = []
        for key in ("ArrowDown", "ArrowDown", "ArrowUp", "ArrowUp", "Enter"):
            page.keyboard.press(key)
            steps.append(page.evaluate(focused))
        assert steps == [0, 1, 0, -1, 0]
        page.keyboard.press("Enter")
        page.wait_for_url(f"{address}{FORWARD}#does-epsilon-ever-matter")
        assert page.locator("mark").first.is_visible()


@pytest.mark.parametrize(
    "query, says",
    [
        ("warmup", r"No section has “warmup”\. \d+ results for “learning rate”, which .*\."),
        ("momentm", r"No section has “momentm”\. \d+ results for words that are spelled like it\."),
        ("quokka", r"Nothing in this book matches “quokka”\."),
        ("the", r"“the” stands in every section\. Add a word that names a subject\."),
        ("<quokka>", r"Nothing in this book matches “<quokka>”\."),
    ],
)
def test_what_it_says_where_nothing_matches_is_true(query, says, address, chromium):
    with visit(chromium, f"{address}search.html?q={quote_plus(query)}") as page:
        assert re.fullmatch(says, page.locator(STATUS).inner_text())
        help = page.locator(".search-help")
        assert help.is_visible() == (page.locator(RESULTS).count() == 0)
        assert page.complaints == []


def test_more_than_twenty_results_are_a_press_away(address, chromium):
    with visit(chromium, f"{address}search.html?q=variance") as page:
        assert page.locator(RESULTS).count() == 20
        page.get_by_role("button", name="Show all").press("Enter")
        count = int(re.match(r"\d+", page.locator(STATUS).inner_text())[0])
        assert page.locator(RESULTS).count() == count > 20
        assert page.locator(RESULTS).nth(20).evaluate("a => a === document.activeElement")


def test_a_word_in_a_folded_answer_is_shown(address, chromium):
    with visit(chromium, f"{address}{FORWARD}") as page:
        inside = page.locator("section[id] details.answer").first
        anchor = inside.evaluate("d => d.closest('section').id")
        word = inside.evaluate("""d => {
            const words = t => t.toLowerCase().match(/[a-z]{5,}/g);
            const section = d.closest('section').cloneNode(true);
            section.querySelectorAll('details').forEach(other => other.remove());
            const outside = new Set(words(section.textContent));
            return words(d.querySelector('p').textContent).find(w => !outside.has(w));
        }""")
        page.goto(f"{address}{FORWARD}?highlight={word}#{anchor}")
        assert page.locator("mark").first.is_visible()


def test_without_scripts_the_page_says_so_and_names_the_glossary(address, chromium):
    with visit(chromium, f"{address}search.html", script=False) as page:
        assert page.locator(".bd-search-container noscript p").is_visible()
        assert page.locator(".search-help a[href='glossary.html']").is_visible()
        assert not page.get_by_role("searchbox").is_visible()


@pytest.mark.parametrize("width, theme", [(PHONE, "light"), (PHONE, "dark"), (DESK, "dark")])
@pytest.mark.parametrize(
    "opened",
    [
        "search.html?q=variance",
        "search.html?q=quokka",
        "search.html",
        f"{INFERENCE}?highlight=moving+average#what-does-a-moving-average-average",
    ],
)
def test_the_search_and_what_it_marks_are_accessible(opened, width, theme, address, chromium):
    with visit(chromium, f"{address}{opened}", width, theme) as page:
        assert (page.locator("mark").count() > 0) == ("=" in opened and "quokka" not in opened)
        assert violations(page) == []
        assert page.complaints == []
