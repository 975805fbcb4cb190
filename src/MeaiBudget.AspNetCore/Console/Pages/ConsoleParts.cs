using System.Globalization;

namespace MeaiBudget;

/// <summary>Pieces that several pages have: links, badges, bars, choices.</summary>
internal static class ConsoleParts
{
    private const int LongestRowId = 60;

    public static Html Link(string address, string? text, string? kind = null) => Html.Of($"<a href=\"{address}\" class=\"{kind}\">{text}</a>");

    public static Html Number(string? text) => Html.Of($"<td class=\"n\">{text}</td>");

    /// <summary>Writes a figure with a label, as a link to where it comes from.</summary>
    public static Html Tile(string label, string value, string? note, string? address, string state = "")
    {
        var inner = Html.Of($"<span class=\"label\">{label}</span><b>{value}</b><span class=\"note\">{note}</span>");
        return address is null ? Html.Of($"<div class=\"tile {state}\">{inner}</div>") : Html.Of($"<a class=\"tile {state}\" href=\"{address}\">{inner}</a>");
    }

    /// <summary>Writes how much of a limit is spent and held. The text beside it says the same, so it is hidden from screen readers.</summary>
    public static Html Bar(decimal spent, decimal held, string state)
    {
        decimal first = Math.Clamp(spent, 0m, 1m) * 100m;
        decimal second = Math.Clamp(held, 0m, 1m - (first / 100m)) * 100m;
        return Html.Of(
            $"<svg class=\"bar {state}\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect class=\"spent\" width=\"{first:0.##}\" height=\"8\"/>{(second > 0m ? Html.Of($"<rect class=\"held\" x=\"{first:0.##}\" width=\"{second:0.##}\" height=\"8\"/>") : Html.Empty)}</svg>");
    }

    public static Html Badge(string text, string state) => Html.Of($"<span class=\"badge {state}\">{text}</span>");

    /// <summary>Writes the state of a budget or key.</summary>
    public static (string Word, string State) StateOf(BudgetStatus status)
    {
        decimal? share = ConsoleBudget.ShareOf(status);
        return status.IsStopped ? ("Stopped", "over")
            : share is null ? ("No limit", "quiet")
            : status.Limit is { } limit && status.Spent > limit + status.Granted ? ("Over limit", "over")
            : share >= 1m ? (status.Held > 0m && status.Spent < status.Limit + status.Granted ? "All held" : "Spent", "over")
            : share >= ConsoleKeys.Near ? ("Nearly spent", "near")
            : ("Within limit", "ok");
    }

    public static Html BarOf(BudgetStatus status)
    {
        decimal limit = (status.Limit ?? 0m) + status.Granted;
        decimal share = ConsoleBudget.ShareOf(status) ?? 0m;
        (decimal spent, decimal held) = status.Limit is not null && limit > 0m ? (status.Spent / limit, status.Held / limit) : (share, 0m);
        return Bar(spent, held, StateOf(status).State);
    }

    /// <summary>Writes a row of choices, of which one is current.</summary>
    public static Html Choices(string label, IEnumerable<(string Text, string Address, bool IsCurrent)> choices) => Html.Of(
        $"<nav class=\"choices\" aria-label=\"{label}\"><span class=\"label\">{label}</span>{choices.Select(choice => choice.IsCurrent ? Html.Of($"<a href=\"{choice.Address}\" aria-current=\"true\">{choice.Text}</a>") : Html.Of($"<a href=\"{choice.Address}\">{choice.Text}</a>"))}</nav>");

    /// <summary>Writes the heading of a column that the table can be sorted by.</summary>
    public static Html SortHead(ConsoleRequest request, string name, string text, string current, bool isNumber = true) => name == current
        ? Html.Of($"<th class=\"{(isNumber ? "n" : "")}\" aria-sort=\"{(name == "key" ? "ascending" : "descending")}\">{text} <span aria-hidden=\"true\">{(name == "key" ? "\u2191" : "\u2193")}</span></th>")
        : Html.Of($"<th class=\"{(isNumber ? "n" : "")}\"><a href=\"{request.With("sort", name, "page")}\">{text}</a></th>");

    public static Html Head(params ReadOnlySpan<(string Text, bool IsNumber)> columns)
    {
        var cells = new List<Html>();
        foreach ((string text, bool isNumber) in columns)
        {
            cells.Add(isNumber ? Html.Of($"<th class=\"n\" scope=\"col\">{text}</th>") : Html.Of($"<th scope=\"col\">{text}</th>"));
        }

        return Html.Of($"<tr>{cells}</tr>");
    }

    public static Html Outcome(ConsoleCall call) => Badge(WordOf(call.Outcome), call.Outcome switch
    {
        "Answered" => "ok",
        "Refused" => "over",
        "Fallback" => "near",
        "Open" or "Cancelled" or "Released" or "Skipped" or "None" => "quiet",
        _ => "over",
    });

    public static string WordOf(string outcome) => outcome switch { "Fallback" => "Fell back", "ok" => "Answered", _ => outcome };

    /// <summary>Writes the links to changes of a budget or key; nothing for users who may not change anything.</summary>
    public static Html Actions(ConsoleRequest request, int tracker, string budget, string key, bool isStopped) => !request.CanAct
        ? Html.Empty
        : Html.Of(
            $"<span class=\"actions\" role=\"group\" aria-label=\"{(key.Length > 0 ? key : budget)}\"><a href=\"{Change(request, isStopped ? "resume" : "stop", tracker, budget, key)}\">{(isStopped ? "Resume" : "Stop")}</a> <a href=\"{Change(request, "grant", tracker, budget, key)}\">Grant</a> <a href=\"{Change(request, "limit", tracker, budget, key)}\">Limit</a></span>");

    /// <summary>
    /// Writes the actions of a key. Calls without the tag of a divided budget have an empty key, and the actions of the ledger take that for all
    /// keys: they are not offered, so that nobody stops all keys in the row of one.
    /// </summary>
    public static Html KeyActions(ConsoleRequest request, int tracker, string budget, string key, bool isStopped) =>
        key.Length == 0 ? Html.Empty : Actions(request, tracker, budget, key, isStopped);

    /// <summary>Writes the name of a key as a link to its calls. Calls cannot be filtered by an empty key.</summary>
    public static Html KeyName(string key, string address) => key.Length == 0 ? Html.Of($"(none)") : Html.Of($"<a href=\"{address}\"><bdi>{key}</bdi></a>");

    public static string Change(ConsoleRequest request, string what, int tracker, string budget, string key) => request.Url(
        "change", ("do", what), ("tracker", tracker == 0 ? null : tracker.ToString(CultureInfo.InvariantCulture)), ("budget", budget), ("key", key));

    /// <summary>Writes the id of a row. Names may hold any character, so they are encoded.</summary>
    public static string RowId(string kind, params ReadOnlySpan<string> names)
    {
        var text = new System.Text.StringBuilder(kind);
        foreach (string name in names)
        {
            text.Append('-').Append(Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(name)));
        }

        return text.Length <= LongestRowId ? text.ToString() : kind + "-" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, 12));
    }
}
