namespace MeaiBudget.Testing;

/// <summary>Test cases for implementations of <see cref="ISpendLedger"/>, for any test framework.</summary>
/// <remarks>
/// <code>
/// [Theory, MemberData(nameof(Cases))]
/// public Task KeepsItsRules(string name) => SpendLedgerSuite.RunAsync(name, () => new MyStore());
/// public static TheoryData&lt;string&gt; Cases => [.. SpendLedgerSuite.Cases];
/// </code>
/// A case that fails throws a <see cref="SpendLedgerSuiteException"/>. Cases are independent of each other and may run in parallel.
/// </remarks>
public static partial class SpendLedgerSuite
{
    // Lazy, because the groups are in other files, whose order of initialisation is not defined.
    private static readonly Lazy<Dictionary<string, Func<SpendLedgerCase, Task>>> ByName = new(Collect);

    /// <summary>Gets the names of all cases.</summary>
    public static IReadOnlyList<string> Cases => [.. ByName.Value.Keys];

    /// <summary>Runs one case on a store of its own.</summary>
    /// <param name="name">The case; one of <see cref="Cases"/>.</param>
    /// <param name="newStore">Creates a new, empty store; the suite disposes it.</param>
    /// <returns>A task that completes when the case has passed. Cases for shared stores pass at once if the store is not shared.</returns>
    /// <exception cref="SpendLedgerSuiteException">The ledger breaks a rule; the message has the expected and the found value.</exception>
    /// <exception cref="ArgumentException">There is no such case.</exception>
    public static async Task RunAsync(string name, Func<ISpendLedgerStore> newStore)
    {
        ArgumentNullException.ThrowIfNull(newStore);
        if (!ByName.Value.TryGetValue(name, out Func<SpendLedgerCase, Task>? run))
        {
            throw new ArgumentException($"There is no case named '{name}'. Use a name of SpendLedgerSuite.Cases.", nameof(name));
        }

        await using ISpendLedgerStore store = newStore();
        if (!store.IsShared && Sharing.Contains(run))
        {
            return;
        }

        await using var one = new SpendLedgerCase(store, await store.OpenAsync());
        await run(one);
    }

    private static Dictionary<string, Func<SpendLedgerCase, Task>> Collect()
    {
        Func<SpendLedgerCase, Task>[] all = [.. Admission, .. Settlement, .. Retention, .. Settings, .. Time, .. Concurrency, .. Sharing];
        return all.ToDictionary(run => run.Method.Name);
    }
}
