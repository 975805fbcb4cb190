using CsCheck;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

public sealed class ObserveTests
{
    private static readonly PriceCatalog Prices = PriceCatalog.Empty.With("scripted-model", ModelPrice.PerMillionTokens(0m, 100m));

    public static TheoryData<bool> Modes => StreamModes.Both;

    [Theory, MemberData(nameof(Modes))]
    public void OneAfterAnotherAnObservingBudgetCountsExactlyWhatAnEnforcingOneRefuses(bool streaming) =>
        Gen.Select(Gen.Decimal[0m, 3m], Gen.Select(Gen.Int[1, 3_000], Gen.Int[0, 100], Gen.Int[0, 3]).Array[1, 40]).Sample(
            (limit, calls) =>
            {
                (int refused, _, _) = ReplayAsync(limit, Enforcement.Enforce, calls, streaming).GetAwaiter().GetResult();
                (int thrown, int wouldHaveRefused, int sent) = ReplayAsync(limit, Enforcement.Observe, calls, streaming).GetAwaiter().GetResult();
                Assert.Equal((0, refused, calls.Length), (thrown, wouldHaveRefused, sent));
            },
            iter: 60);

    /// <summary>Makes calls with a bound, of which each uses a share; each of four tenants has the limit.</summary>
    private static async Task<(int Refused, int WouldHaveRefused, int Sent)> ReplayAsync(
        decimal limit, Enforcement enforcement, (int MaxOutputTokens, int UsedPercent, int Tenant)[] calls, bool streaming)
    {
        var observer = new RecordingObserver();
        var tracker = new CostTracker(
            [Budget.Daily("tenants", limit).PerTag("tenant") with { Enforcement = enforcement }], Prices, configure: options => options.Observers.Add(observer));
        var provider = new ScriptedChatClient();
        using IChatClient client = new ChatClientBuilder(provider).UseBudget(tracker).Build();
        int refused = 0;
        foreach ((int bound, int used, int tenant) in calls)
        {
            provider.Default = ScriptedReply.Text("Fine.").WithUsage(10, Math.Max(1, (long)bound * used / 100));
            try
            {
                await client.AskAsync(streaming, options: new ChatOptions { MaxOutputTokens = bound, AdditionalProperties = new() { ["tenant"] = $"t{tenant}" } });
            }
            catch (BudgetExceededException)
            {
                refused++;
            }
        }

        return (refused, observer.Of(BudgetEventKind.WouldHaveRefused).Select(one => one.CallId).Distinct().Count(), provider.Calls.Count);
    }
}
