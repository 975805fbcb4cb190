using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MeaiBudget;

/// <summary>A condition that holds now.</summary>
/// <param name="Rule">The name of the rule.</param>
/// <param name="Subject">What it is about; with the rule it makes the id.</param>
/// <param name="IsCritical">True if calls are refused or may be unprotected.</param>
/// <param name="Text">What it says.</param>
internal sealed record AlertCondition(string Rule, string Subject, bool IsCritical, string Text)
{
    /// <summary>Gets the id: equal on all nodes.</summary>
    public string Id { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Rule + "\n" + Subject)).AsSpan(0, 12));
}

/// <summary>Finds the conditions that hold in the ledgers, from the figures that the console has too.</summary>
internal sealed class AlertRules(ConsoleData data, BudgetAlertOptions options)
{
    /// <summary>How many keys of a divided budget have an alert each; one alert says that there are more.</summary>
    public const int MostKeys = 50;

    private static readonly TimeSpan RefusedWithin = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan UnpricedWithin = TimeSpan.FromHours(1);
    private readonly decimal[] _thresholds = [.. options.Thresholds.OrderDescending()];

    /// <exception cref="SpendLedgerException">A ledger failed.</exception>
    public async Task<IReadOnlyList<AlertCondition>> FindAsync(CancellationToken cancellationToken)
    {
        // Another node evaluated last: what this one read then must not end what that one found.
        data.Refresh();
        var found = new List<AlertCondition>();
        foreach (ConsoleBudget budget in await data.BudgetsAsync(cancellationToken))
        {
            if (budget.Problem is not null)
            {
                throw new SpendLedgerException(data.Trackers[budget.Tracker].Ledger.Name, budget.Problem, null);
            }

            if (budget.Status is { } status)
            {
                Add(found, status);
                await AddBurnAsync(found, budget, status, cancellationToken);
            }
            else if (budget.Keys is { } keys && !budget.IsRun)
            {
                int passed = keys.Statuses.TakeWhile(IsPassed).Count();
                foreach (BudgetStatus key in keys.Statuses.Take(Math.Min(passed, MostKeys)))
                {
                    Add(found, key);
                }

                if (passed > MostKeys)
                {
                    found.Add(new AlertCondition("threshold", $"{budget.Budget.Name}\nmore", false, $"More than {MostKeys} keys of the budget '{budget.Budget.Name}' passed a threshold: {ConsoleText.Count(passed)}. Only the first {MostKeys} have alerts of their own."));
                }
            }
        }

        await AddRefusalsAsync(found, cancellationToken);
        await AddUnpricedAsync(found, cancellationToken);
        foreach (PriceCatalogSource prices in data.Trackers.Select(tracker => tracker.Prices).Distinct())
        {
            if (prices.Age > options.OldestPrices)
            {
                found.Add(new AlertCondition("prices", prices.Name, false, string.Create(CultureInfo.InvariantCulture, $"The prices '{prices.Name}' are {prices.Age.TotalDays:0} days old. Update the package or the price file.")));
            }
        }

        return found;
    }

    private bool IsPassed(BudgetStatus status) => _thresholds.Length > 0 && ConsoleBudget.ShareOf(status) >= _thresholds[^1];

    private void Add(List<AlertCondition> found, BudgetStatus status)
    {
        decimal? share = ConsoleBudget.ShareOf(status);
        foreach (decimal threshold in _thresholds.Where(threshold => share >= threshold))
        {
            // A new period makes a new occurrence. A rolling budget has none: it ends when the share is below the threshold again.
            string period = status.ResetsAt is { } end ? end.UtcDateTime.ToString("O", CultureInfo.InvariantCulture) : "";
            string reset = status.ResetsAt is { } at ? $" It resets {at.UtcDateTime.ToString("d MMM HH:mm", CultureInfo.InvariantCulture)} UTC." : "";
            string limit = status.Limit is { } dollars ? $": {ConsoleText.Money(status.Spent)} spent and {ConsoleText.Money(status.Held)} held of {ConsoleText.Money(dollars + status.Granted)}" : "";
            found.Add(new AlertCondition(
                "threshold",
                string.Create(CultureInfo.InvariantCulture, $"{status.Budget}\n{status.Key}\n{threshold}\n{period}"),
                threshold >= 1m,
                $"The budget '{status.Budget}'{(status.Key.Length > 0 ? $" of '{status.Key}'" : "")} used {ConsoleText.Share(share)} of its limit{limit}.{reset}"));
        }
    }

    private async Task AddBurnAsync(List<AlertCondition> found, ConsoleBudget budget, BudgetStatus status, CancellationToken cancellationToken)
    {
        if (status.Limit is not > 0m || !data.HasAccountsOf(budget.Tracker) || LengthOf(budget.Budget, status) is not { } period)
        {
            return;
        }

        decimal limit = status.Limit.Value + status.Granted;
        foreach ((decimal rate, TimeSpan over) in options.BurnRates)
        {
            if (period < over * 10)
            {
                continue;
            }

            decimal mark = limit * rate * (decimal)(over / period);
            decimal spent = await data.SpentAsync(budget.Budget.Name, over, cancellationToken);
            if (spent >= mark && await data.SpentAsync(budget.Budget.Name, over / 12, cancellationToken) >= mark / 12m)
            {
                found.Add(new AlertCondition(
                    "burn-rate",
                    string.Create(CultureInfo.InvariantCulture, $"{budget.Budget.Name}\n{over.Ticks}"),
                    status.Remaining <= spent,
                    $"The budget '{budget.Budget.Name}' burns {ConsoleText.Share(spent / limit)} of its limit in {ConsoleText.Length(over)} ({ConsoleText.Money(spent)}), {(spent / mark * rate).ToString("0.#", CultureInfo.InvariantCulture)} times as fast as it lasts. {ConsoleText.Money(status.Remaining)} is left."));
                return;
            }
        }
    }

    private async Task AddRefusalsAsync(List<AlertCondition> found, CancellationToken cancellationToken)
    {
        if (options.Refusals > 0)
        {
            foreach ((string budget, long count) in await data.RefusedWithinAsync(RefusedWithin, cancellationToken))
            {
                if (count >= options.Refusals)
                {
                    found.Add(new AlertCondition("refusals", budget, true, $"The budget '{budget}' refused {ConsoleText.Count(count)} attempts in five minutes."));
                }
            }
        }
    }

    private async Task AddUnpricedAsync(List<AlertCondition> found, CancellationToken cancellationToken)
    {
        if (options.Unpriced > 0)
        {
            foreach ((string model, long count) in await data.UnpricedWithinAsync(UnpricedWithin, cancellationToken))
            {
                if (count >= options.Unpriced)
                {
                    found.Add(new AlertCondition("unpriced", model, false, $"The model '{model}' has no known price: {ConsoleText.Count(count)} attempts in an hour cost an unknown amount. Add its price to the catalog."));
                }
            }
        }
    }

    private static TimeSpan? LengthOf(Budget budget, BudgetStatus status) => budget.Period.Kind == BudgetPeriodKind.Rolling
        ? budget.Period.Span
        : status.ResetsAt - status.PeriodStart;
}
