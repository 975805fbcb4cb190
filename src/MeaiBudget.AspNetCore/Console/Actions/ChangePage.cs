using System.Globalization;

namespace MeaiBudget;

/// <summary>The form of a change.</summary>
internal static class ChangePage
{
    /// <summary>Writes the form.</summary>
    /// <param name="request">The request.</param>
    /// <param name="data">The figures.</param>
    /// <param name="change">What was asked for, or what the form was sent with.</param>
    /// <param name="token">The field that shows that the form came from this console.</param>
    /// <param name="problem">What is wrong with the form that was sent; <see langword="null"/> for nothing.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    public static async Task<ConsolePage> RenderAsync(
        ConsoleRequest request, ConsoleData data, ConsoleChange change, (string Name, string Value) token, string? problem, CancellationToken cancellationToken)
    {
        if (change.TargetProblem(data) is { } wrong)
        {
            return BudgetsPage.Missing(wrong);
        }

        bool isAdjustment = change.What == "adjust";
        (CostTracker Tracker, Budget Budget)? found = isAdjustment ? null : data.Find(change.Tracker, change.Budget);
        string target = isAdjustment ? "" : change.Key.Length > 0 ? $"{change.Budget} of {change.Key}" : found!.Value.Budget.IsDivided && change.What != "grant" ? $"{change.Budget}, all keys" : change.Budget;
        (string title, string hint, string button) = change.What switch
        {
            "stop" => ($"Stop {target}", "Every service that uses the ledger refuses further calls at once, those that cost nothing too. Calls that were admitted continue.", "Stop"),
            "resume" => ($"Resume {target}", "Calls are admitted again, as far as the limit allows.", "Resume"),
            "grant" => ($"Grant to {target}", "The amount is added to the limit until the moment. What it admitted by then stays.", "Grant"),
            "limit" => ($"Limit of {target}", "The ledger's limit replaces that of code and configuration in every service, at their next calls. Spend continues. Leave it empty to remove it.", "Set limit"),
            _ => ($"Adjust attempt {change.Attempt.ToString(CultureInfo.InvariantCulture)}", "The new total replaces what was charged, in the period of the call.", "Adjust"),
        };
        Html now = Html.Empty;
        if (found is { } one && (change.Key.Length > 0 || !one.Budget.IsDivided) && one.Budget.Period.Kind != BudgetPeriodKind.Run)
        {
            BudgetStatus status = await one.Tracker.GetStatusAsync(change.Budget, change.Key, cancellationToken);
            (string word, string state) = ConsoleParts.StateOf(status);
            now = Html.Of($"<p>{ConsoleParts.Badge(word, state)} {ConsoleText.Money(status.Spent)} spent, {ConsoleText.Money(status.Held)} held, limit {ConsoleText.Money(status.Limit)}{(status.Granted > 0m ? $" and {ConsoleText.Money(status.Granted)} granted" : "")}.</p>{ConsoleParts.BarOf(status)}");
        }

        Html key = found is { Budget.IsDivided: true } ? Html.Of($"<label>Key <input name=\"key\" value=\"{change.Key}\" maxlength=\"500\"></label>") : Html.Of($"<input type=\"hidden\" name=\"key\" value=\"{change.Key}\">");
        Html amount = change.What is "grant" or "limit" or "adjust"
            ? Html.Of($"<label>{(change.What == "adjust" ? "Cost" : "Amount")} in US dollars <input name=\"amount\" inputmode=\"decimal\" value=\"{(change.Amount.Length > 0 ? change.Amount : change.What == "grant" ? "5" : "")}\" maxlength=\"20\" autocomplete=\"off\"></label>")
            : Html.Empty;
        Html until = change.What == "grant"
            ? Html.Of($"<label>Until ({ConsoleText.ZoneOf(data.Now, data.Zone)}) <input type=\"datetime-local\" name=\"until\" value=\"{(change.Until.Length > 0 ? change.Until : ConsoleChange.Midnight(data.Now, data.Zone))}\" required></label>")
            : Html.Empty;
        return new ConsolePage(title, "budgets", [
            new PageBlock("change", Html.Of($"""
                {(problem is null ? Html.Empty : Html.Of($"<p class=\"alert\" role=\"alert\">{problem}</p>"))}<div class="panel form">{now}<p class="hint">{hint}</p><form method="post" action="{request.Url("change")}"><input type="hidden" name="{token.Name}" value="{token.Value}"><input type="hidden" name="do" value="{change.What}"><input type="hidden" name="tracker" value="{change.Tracker}"><input type="hidden" name="budget" value="{change.Budget}"><input type="hidden" name="call" value="{change.Call:D}"><input type="hidden" name="attempt" value="{change.Attempt}"><input type="hidden" name="id" value="{change.Id:D}">{key}{amount}{until}<label>Reason, for the audit trail <input name="reason" value="{(change.Reason.Length > 0 ? change.Reason : change.What + " from the console")}" required maxlength="300" autocomplete="off"></label><button class="primary">{button}</button> <a href="{request.Url("budgets")}">Cancel</a></form></div>
                """))])
        {
            IsLive = false,
            Status = problem is null ? 200 : 400,
        };
    }
}
