using System.Reflection;
using CsCheck;
using MeaiBudget.Testing;

namespace MeaiBudget.Tests;

/// <summary>The ledger of docs/extending.md is compiled from the page and tested as any other ledger.</summary>
public sealed class ExtendingTests
{
    private static readonly Lazy<Type> StoreType = new(() =>
    {
        Fence page = Page.Of("docs/extending.md").Fences.Single(fence => fence.Text.Contains(nameof(ISpendLedgerStore), StringComparison.Ordinal));
        return SnippetCompiler.Compile(page).GetTypes().Single(type => type.IsAssignableTo(typeof(ISpendLedgerStore)));
    });

    public static TheoryData<string> Cases => [.. SpendLedgerSuite.Cases];

    [Theory, MemberData(nameof(Cases))]
    public Task TheLedgerOfThePageKeepsTheRules(string name) => SpendLedgerSuite.RunAsync(name, NewStore);

    [Fact]
    public Task TheLedgerOfThePageAgreesWithTheModelOverRandomHistories() => SpendLedgerHistories.Any.SampleAsync(
        async history =>
        {
            await using ISpendLedgerStore store = NewStore();
            await SpendLedgerModel.RunAsync(await store.OpenAsync(), store.Advance, history);
        },
        iter: 20);

    private static ISpendLedgerStore NewStore() => (ISpendLedgerStore)Activator.CreateInstance(
        StoreType.Value, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, null, null, null)!;
}
