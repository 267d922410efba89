"""What axe finds in an open page; only what is serious or critical."""


def serious(tab, context=None):
    """Lines such as `color-contrast (serious): <b>...`; none when all is well."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(tab, context, {"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{x['id']} ({x['impact']}): {node['html'][:200]}"
        for x in found
        if x["impact"] in ("serious", "critical")
        for node in x["nodes"]
    ]
