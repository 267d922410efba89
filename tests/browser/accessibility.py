"""Serious and critical axe violations of an open page; and what axe omits, the contrast of single characters."""


def serious(tab, context=None):
    """Lines such as `color-contrast (serious): <b>...`; empty when there are none."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(tab, context, {"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{x['id']} ({x['impact']}): {node['html'][:200]}"
        for x in found
        if x["impact"] in ("serious", "critical")
        for node in x["nodes"]
    ]


def contrast(element):
    """Contrast ratio between an element's text and its background as defined by WCAG 2: 1 to 21."""
    return element.evaluate("""(element) => {
        const drawn = (colour) => {
            const context = new OffscreenCanvas(1, 1).getContext("2d");
            context.fillStyle = colour;
            context.fillRect(0, 0, 1, 1);
            return [...context.getImageData(0, 0, 1, 1).data];
        };
        const light = (x) => (x <= 10 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4);
        const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
        let behind = element;
        while (drawn(getComputedStyle(behind).backgroundColor)[3] < 255) behind = behind.parentElement;
        const pair = [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor];
        const [low, high] = pair.map((x) => luminance(drawn(x))).sort((a, b) => a - b);
        return (high + 0.05) / (low + 0.05);
    }""")
