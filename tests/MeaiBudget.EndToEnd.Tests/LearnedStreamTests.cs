using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>Learned output reservations with the real SDKs: what is reserved, what is sent to the provider, and a stream that is cut.</summary>
public sealed class LearnedStreamTests
{
    private static readonly PriceCatalog Prices = PriceCatalog.Empty.With("steady", ModelPrice.PerMillionTokens(0m, 100m), new ModelLimits(128_000, 16_384, false));

    public static TheoryData<SimulatedProvider> Providers => [SimulatedProvider.OpenAI, SimulatedProvider.Anthropic, SimulatedProvider.Ollama, SimulatedProvider.LiteLLM];

    [Theory, MemberData(nameof(Providers))]
    public async Task O12_AStreamReservesWhatWasLearnedAndMoreWhileItRuns(SimulatedProvider provider)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        var tracker = new CostTracker([Budget.Daily("day", 100m)], Prices);
        using BudgetChatClient client = Client(simulator, provider, tracker);
        await LearnAsync(simulator, provider, client);
        decimal taught = Assert.Single(await tracker.GetStatusAsync()).Spent;
        using ReceiptCapture capture = CallReceipts.Capture();
        simulator.Script(provider).Enqueue(SimulatedResponse.Text(Words(700)).WithUsage(10, 700));

        Assert.Equal(ChatFinishReason.Stop, await ReadAsync(client));
        simulator.Script(provider).Enqueue(SimulatedResponse.Text("short").WithUsage(10, 2));
        Assert.Equal(ChatFinishReason.Stop, await ReadAsync(client));
        simulator.Script(provider).Enqueue(SimulatedResponse.Text("short").WithUsage(10, 2));
        await client.GetResponseAsync("ask", cancellationToken: TestContext.Current.CancellationToken);

        AttemptReceipt[] attempts = [.. capture.Receipts.Select(receipt => Assert.Single(receipt.Attempts))];

        // How far ahead the last step was taken depends on how fast this machine delivers the stream; the model's limit bounds it.
        Assert.InRange(attempts[0].ReservedOutputTokens!.Value, 700, 16_384);
        Assert.Equal((700, 0m, 1), (attempts[0].Usage.OutputTokens, attempts[0].Overrun, attempts[0].RequestCount));
        Assert.InRange(attempts[1].ReservedOutputTokens!.Value, 100, 1_100);
        Assert.True(attempts[2].ReservedOutputTokens > attempts[1].ReservedOutputTokens);
        BudgetStatus status = Assert.Single(await tracker.GetStatusAsync());
        Assert.Equal((attempts.Sum(attempt => attempt.Cost.Amount) + taught, 0m, 0m), (status.Spent, status.Held, status.Overrun));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task O12_AStreamIsCutWhereNoMoreCanBeReservedAndTheRequestEnds(SimulatedProvider provider)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        var options = new BudgetOptions { OutputReservation = OutputReservation.Learned };
        using (IChatClient teaching = new BudgetChatClient(RealClients.Create(simulator, provider, "steady"), new CostTracker([Budget.Daily("day", 100m)], Prices), options))
        {
            await LearnAsync(simulator, provider, teaching);
        }

        var tracker = new CostTracker([Budget.Daily("day", 200 * 0.0001m) with { MaxWait = TimeSpan.Zero }], Prices);
        using IChatClient client = new BudgetChatClient(RealClients.Create(simulator, provider, "steady"), tracker, options);
        using ReceiptCapture capture = CallReceipts.Capture();
        simulator.Script(provider).Enqueue(SimulatedResponse.Text(Words(900)).WithUsage(10, 900));

        Assert.Equal(MeaiBudgetFinishReasons.BudgetReached, await ReadAsync(client));

        AttemptReceipt attempt = Assert.Single(Assert.Single(capture.Receipts).Attempts);
        BudgetStatus status = Assert.Single(await tracker.GetStatusAsync());
        Assert.InRange(attempt.ReservedOutputTokens!.Value, 180, 200);
        Assert.InRange(attempt.Overrun, 0.0001m, 0.0025m);
        Assert.Equal((attempt.Cost.Amount, 0m, attempt.Overrun), (status.Spent, status.Held, status.Overrun));
    }

    private static string Words(int words) => string.Join(' ', Enumerable.Repeat("word", words));

    private static BudgetChatClient Client(ProviderSimulator simulator, SimulatedProvider provider, CostTracker tracker) =>
        new BudgetChatClient(RealClients.Create(simulator, provider, "steady"), tracker, new BudgetOptions { OutputReservation = OutputReservation.Learned });

    private static async Task LearnAsync(ProviderSimulator simulator, SimulatedProvider provider, IChatClient client)
    {
        for (int i = 0; i < 25; i++)
        {
            simulator.Script(provider).Enqueue(SimulatedResponse.Text(Words(100)).WithUsage(10, 100));
            await ReadAsync(client);
        }
    }

    private static async Task<ChatFinishReason?> ReadAsync(IChatClient client)
    {
        ChatFinishReason? reason = null;
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("ask", cancellationToken: TestContext.Current.CancellationToken))
        {
            reason = update.FinishReason ?? reason;
        }

        return reason;
    }
}
