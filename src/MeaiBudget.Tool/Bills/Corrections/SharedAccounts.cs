using System.Globalization;

namespace MeaiBudget.Tool;

/// <summary>
/// The accounts of a ledger that keeps no single calls, such as one on Redis or one that is leased. What a correction changes in the history
/// beside it is added to its accounts, in the periods of the calls.
/// </summary>
/// <param name="ledger">The ledger with the accounts.</param>
/// <param name="budgets">The application's budgets, whose periods the accounts have.</param>
internal sealed class SharedAccounts(ISpendLedger ledger, IReadOnlyList<Budget> budgets) : IAsyncDisposable
{
    private readonly Dictionary<string, Budget> _budgets = budgets
        .Where(budget => budget.Period.Kind != BudgetPeriodKind.Run).ToDictionary(budget => budget.Name, StringComparer.Ordinal);

    private readonly SortedSet<string> _withoutPeriod = new(StringComparer.Ordinal);

    /// <summary>Gets how many adjustments were made.</summary>
    public long Adjusted { get; private set; }

    /// <summary>Gets how many were not made, because the period no longer counts.</summary>
    public long Outdated { get; private set; }

    /// <summary>Gets how many were not made, because the account's charge is less than they would take.</summary>
    public long Impossible { get; private set; }

    /// <summary>Adds what changes of a record to its accounts. Repeating the same step changes nothing.</summary>
    /// <param name="before">The record as the history has it.</param>
    /// <param name="after">The record as it will be.</param>
    /// <param name="reason">The reason, for the audit.</param>
    /// <param name="cancellationToken">Cancels the requests.</param>
    public async Task AdjustAsync(SpendRecord before, SpendRecord after, string reason, CancellationToken cancellationToken)
    {
        foreach (((string account, long was), (_, long now)) in before.Accounts!.Zip(after.Accounts!))
        {
            if (was == now || !AccountName.TryParse(account, out AccountName name))
            {
                continue;
            }

            if (!_budgets.TryGetValue(name.Budget, out Budget? budget))
            {
                _withoutPeriod.Add(name.Budget);
                continue;
            }

            // The time of the settlement moves with each correction, so that equal steps of bills that are revised to and fro differ.
            string step = string.Create(CultureInfo.InvariantCulture, $"{before.Id} {before.SettledAt?.UtcTicks} {account} {was} {now}");
            long period = budget.Period.At(before.Call!.At, budget.TimeZone).Index;
            LedgerSettlementResult result = await ledger.AdjustAsync(LedgerAdjustment.OfAccount(AttemptCharge.IdOf(step), account, period, now - was, reason), cancellationToken);
            Adjusted += result.IsApplied ? 1 : 0;
            Outdated += result.IsUnknown ? 1 : 0;
            Impossible += !result.IsApplied && !result.IsUnknown && result.Before[0].Charged < was - now ? 1 : 0;
        }
    }

    /// <summary>Says what was done.</summary>
    public override string ToString()
    {
        string done = string.Create(
            CultureInfo.InvariantCulture,
            $"Accounts: {Adjusted:N0} adjustments, {Outdated:N0} left because the period no longer counts, {Impossible:N0} left because the charge is lower.");
        return _withoutPeriod.Count == 0 ? done : $"{done} Without a budget of that name and its period in --config: {string.Join(", ", _withoutPeriod.Select(name => WrittenText.Printable(name)))}.";
    }

    public async ValueTask DisposeAsync()
    {
        if (ledger is IAsyncDisposable asynchronous)
        {
            await asynchronous.DisposeAsync();
        }
        else
        {
            (ledger as IDisposable)?.Dispose();
        }
    }
}
