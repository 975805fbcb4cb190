using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>Makes calls on a provider that bills, and compares its account with the reservations and the ledger.</summary>
internal static class BilledCalls
{
    private static readonly UnconfirmedPolicy Full = new()
    {
        ServerError = UnconfirmedCharge.Full,
        Ambiguous = UnconfirmedCharge.Full,
        Stream = UnconfirmedCharge.Full,
    };

    /// <summary>Several callers at once on one tracker, whose limit is in micro-dollars.</summary>
    public static async Task<IReadOnlyList<SentCall>> RunAsync(RandomCall[][] callers, int limit, int retries)
    {
        var ledger = new BillingLedger();
        decimal dollars = limit / 1_000_000m;
        var tracker = new CostTracker(
            [Budget.Daily("day", dollars) with { MaxWait = TimeSpan.FromMilliseconds(20) }], BillingModels.Catalog, ledger, options => options.RecordedTags.Add("call"));
        Dictionary<(WireSdk, bool), IChatClient> clients = Enum.GetValues<WireSdk>()
            .SelectMany(sdk => new[] { (sdk, true), (sdk, false) })
            .ToDictionary(key => key, key => Pipeline(key.sdk, key.Item2, tracker, retries));
        int number = 0;
        List<SentCall>[] made = await Task.WhenAll(callers.Select(calls => Task.Run(() => MakeAsync(calls.Select(call => new SentCall(Interlocked.Increment(ref number), call, ledger)), clients, dollars))));
        List<SentCall> all = [.. made.SelectMany(calls => calls)];

        Assert.True(ledger.Violations.IsEmpty, string.Join("\n\n", ledger.Violations));
        Assert.All(all, AssertBilledWithinReservation);
        BudgetStatus status = Assert.Single(await tracker.GetStatusAsync());
        long billed = all.Sum(call => call.Attempts.Sum(attempt => attempt.Requests.Sum(request => request.Billed)));
        Assert.InRange(billed / 1_000_000_000m, 0m, Math.Min(dollars, status.Spent));
        Assert.Equal(all.Sum(call => call.Receipt?.Cost ?? 0m), status.Spent);
        Assert.Equal(0m, status.Held);
        Assert.True(ledger.IsEmpty, "Reservations stayed open.");
        all.ForEach(call => call.Dispose());
        return all;
    }

    /// <summary>One caller's calls, one after another; those in a run share it.</summary>
    private static async Task<List<SentCall>> MakeAsync(IEnumerable<SentCall> calls, Dictionary<(WireSdk, bool), IChatClient> clients, decimal dollars)
    {
        var made = new List<SentCall>();
        foreach (SentCall call in calls)
        {
            made.Add(call);
            using BudgetRun? run = call.Call.IsInRun ? BudgetRun.Begin("run", dollars / 2) : null;
            using ReceiptCapture capture = CallReceipts.Capture();
            SentAttempt.Current = new SentAttempt(call);
            try
            {
                await AskAsync(clients[(call.Call.Sdk, call.Call.Repetition == Repetition.Sdk)], call);
            }
#pragma warning disable CA1031 // What the SDKs throw is not what is tested here.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                call.Failure = exception;
            }

            await Task.WhenAll(call.Stragglers);
            call.Receipt = capture.Receipts.SingleOrDefault();
            if (run is not null)
            {
                Assert.True(run.Held == 0m && run.Spent <= run.Limit && run.Spent == (call.Receipt?.Cost ?? 0m), $"run {run.Spent} of {run.Limit}, {run.Held} held: {call}");
            }
        }

        return made;
    }

    private static async Task AskAsync(IChatClient client, SentCall sent)
    {
        RandomCall call = sent.Call;
        ChatOptions options = BillingClients.Options(call, sent.Number);
        ChatMessage[] messages = [new(ChatRole.User, call.Text)];
        if (!call.IsStreaming)
        {
            await client.GetResponseAsync(messages, options, sent.Cancellation.Token);
            return;
        }

        int left = call.LeaveAfter ?? int.MaxValue;
        await foreach (ChatResponseUpdate _ in client.GetStreamingResponseAsync(messages, options, sent.Cancellation.Token))
        {
            if (left-- <= 0)
            {
                sent.HasLeft = true;
                break;
            }
        }
    }

    /// <summary>Each attempt paid for what its requests were billed: exactly where the provider said so, else no less.</summary>
    private static void AssertBilledWithinReservation(SentCall call)
    {
        SentAttempt[] sent = [.. call.Attempts.Where(attempt => !attempt.Requests.IsEmpty)];
        AttemptReceipt[] receipts = [.. (call.Receipt?.Attempts ?? []).Where(attempt => attempt.RequestCount > 0)];
        Assert.True(sent.Length == receipts.Length, $"{sent.Length} attempts sent requests and {receipts.Length} receipts say so: {call}");
        foreach ((SentAttempt attempt, AttemptReceipt receipt) in sent.Zip(receipts))
        {
            long billed = attempt.Requests.Sum(request => request.Billed);
            long cost = (long)(receipt.Cost.Amount * 1_000_000_000m);
            long reserved = (long)(receipt.Reserved * 1_000_000_000m);
            Assert.True(attempt.Requests.Count == receipt.RequestCount, $"{receipt.RequestCount} requests in the receipt: {call}");
            Assert.True(billed <= reserved, $"{billed} billed, {reserved} reserved: {call}");
            Assert.True(cost <= reserved, $"{cost} charged, {reserved} reserved: {call}");

            // Nobody reads the answer that a hedging handler drops, and the attempt does not wait for it.
            bool isExact = attempt.Requests.All(request => request.IsConfirmed)
                && (attempt.Requests.Count == 1 || call.Call.Repetition is not (Repetition.Hedge or Repetition.LateHedge or Repetition.Shadow));
            Assert.True(isExact ? cost == billed : cost >= billed, $"{billed} billed, {cost} charged: {call}");
        }
    }

    private static IChatClient Pipeline(WireSdk sdk, bool sdkRetries, CostTracker tracker, int retries)
    {
        ChatClientBuilder builder = new ChatClientBuilder(BillingClients.Of(sdk, sdkRetries))
            .UseTokenEstimation(new TokenEstimator(new TokenEstimatorOptions { LearnsFromUsage = false }))
            .UseBudget(tracker, options =>
            {
                options.Unconfirmed = Full;
                options.DefaultOutputTokens = 300;
                options.OutputFloor = 20;
            });
        return (retries == 0 ? builder : builder.UseRetry(new RetryOptions { MaxRetries = retries, BaseDelay = TimeSpan.Zero, MaxDelay = TimeSpan.Zero })).Build();
    }
}
