using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>A stream that falls silent keeps no connection open, and no model running, once nobody waits for it any more.</summary>
public sealed class StalledStreamTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static TheoryData<SimulatedProvider> Providers => [.. Enum.GetValues<SimulatedProvider>()];

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task AStreamThatRanOutOfTimeLeavesNoRequestBehind(SimulatedProvider provider)
    {
        await using ProviderSimulator simulator = await StalledAsync(provider);
        using IChatClient client = new ChatClientBuilder(ChaosTests.Client(simulator, provider))
            .UseRetry(new RetryOptions { MaxRetries = 0, UpdateTimeout = TimeSpan.FromMilliseconds(100) })
            .Build();
        await Assert.ThrowsAsync<ChatStreamInterruptedException>(() => client.GetStreamingResponseAsync("hi").ToChatResponseAsync());
        await simulator.WaitForCompletionAsync().WaitAsync(Patience);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task AStreamThatTheCallerCancelsLeavesNoRequestBehind(SimulatedProvider provider)
    {
        await using ProviderSimulator simulator = await StalledAsync(provider);
        using IChatClient client = ChaosTests.Client(simulator, provider);
        using var cancellation = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (ChatResponseUpdate _ in client.GetStreamingResponseAsync("hi", cancellationToken: cancellation.Token))
            {
                cancellation.CancelAfter(TimeSpan.FromMilliseconds(100));
            }
        });
        await simulator.WaitForCompletionAsync().WaitAsync(Patience);
    }

    private static async Task<ProviderSimulator> StalledAsync(SimulatedProvider provider)
    {
        ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.Script(provider).Default = SimulatedResponse.Text("one two three four").StallAfter(2);
        return simulator;
    }
}
