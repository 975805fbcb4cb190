namespace MeaiBudget;

/// <summary>The frame around a page: title, navigation, and the module that keeps it up to date.</summary>
internal static class ConsoleLayout
{
    private static readonly (string Path, string Text)[] Places = [("", "Overview"), ("budgets", "Budgets"), ("calls", "Calls"), ("health", "Health")];

    public static Html Render(ConsoleRequest request, ConsolePage page, string title, string? user)
    {
        string events = page.IsLive
            ? request.Url("events", [("view", request.Path), ("version", PageState.Of(page).Version), .. request.Query.Where(pair => pair.Key is not ("view" or "version")).Select(pair => (pair.Key, pair.Value))])
            : "";
        IEnumerable<Html> places = Places.Select(place => place.Path == page.Path
            ? Html.Of($"<a href=\"{request.Url(place.Path)}\" aria-current=\"page\">{place.Text}</a>")
            : Html.Of($"<a href=\"{request.Url(place.Path)}\">{place.Text}</a>"));
        return Html.Of($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>{page.Title} - {title}</title>
            <link rel="stylesheet" href="{request.Url("assets/console.css", ("v", ConsoleAssets.Version))}">
            <script type="module" src="{request.Url("assets/console.js", ("v", ConsoleAssets.Version))}"></script>
            </head>
            <body data-events="{events}">
            <a class="skip" href="#main">Skip to content</a>
            <header><span class="brand">{title}</span><nav aria-label="Pages of the console">{places}</nav><span id="live" role="status">{(page.IsLive ? "" : "Not live")}</span><span class="user">{user}</span></header>
            <main id="main"><div class="heading"><h1>{page.Title}</h1>{(page.Csv is null ? Html.Empty : Html.Of($"<a href=\"{request.Base}/{page.Csv}\" download=\"{page.Title}.csv\">CSV</a>"))}</div>
            {page.Parts.Select(part => part.Render())}
            </main>
            </body>
            </html>
            """);
    }
}
