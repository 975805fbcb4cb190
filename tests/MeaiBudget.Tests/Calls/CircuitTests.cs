using System.Net;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

public sealed class CircuitTests
{
    private static readonly ChatFailure Down = new(ChatFailureKind.ServerError, ChatFailurePhase.Rejected);
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 5, 5, 12, 0, 0, TimeSpan.Zero));

    public static TheoryData<bool> Modes => StreamModes.Both;

    private DateTimeOffset Now => _clock.GetUtcNow();

    private static void Fail(Circuit circuit, DateTimeOffset now, int times)
    {
        for (int i = 0; i < times; i++)
        {
            Assert.True(circuit.TryEnter(now, out int probe, out _));
            circuit.Failed(now, Down, probe);
        }
    }

    [Fact]
    public async Task G2_ALonePrimaryIsLeftAloneAfterRepeatedFailures()
    {
        var provider = new ScriptedChatClient { Default = ScriptedReply.Throw(new HttpRequestException("no", null, HttpStatusCode.BadGateway)) };
        using var client = new FallbackChatClient(
            provider, null, new FallbackOptions { PrimaryCircuit = new CircuitOptions { ConsecutiveFailures = 3 } }, new CallLayerSetup(_clock, []));

        for (int i = 0; i < 3; i++)
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => client.AskAsync(streaming: false));
        }

        for (int i = 0; i < 50; i++)
        {
            CircuitOpenException open = await Assert.ThrowsAsync<CircuitOpenException>(() => client.AskAsync(streaming: i % 2 == 0));
            Assert.True(open.RetryAfter > TimeSpan.Zero);
        }

        Assert.Equal(3, provider.Calls.Count);
        Assert.Equal(CircuitState.Open, client.Routes[0].CircuitState);
        _clock.Advance(TimeSpan.FromSeconds(16));
        await Assert.ThrowsAsync<HttpRequestException>(() => client.AskAsync(streaming: false));
        await Assert.ThrowsAsync<CircuitOpenException>(() => client.AskAsync(streaming: false));
        Assert.Equal(4, provider.Calls.Count);
    }

    [Fact]
    public void G4_HalfOpenLetsExactlyOneProbeThrough()
    {
        var circuit = new Circuit(new CircuitOptions { ConsecutiveFailures = 1 });
        Fail(circuit, Now, 1);
        _clock.Advance(TimeSpan.FromSeconds(15));

        bool[] entered = [.. Enumerable.Range(0, 100).AsParallel().WithDegreeOfParallelism(8).Select(call => circuit.TryEnter(Now, out int _, out TimeSpan _))];

        Assert.Single(entered, one => one);
        Assert.Equal(CircuitState.HalfOpen, circuit.State);
    }

    [Fact]
    public void G4_TimeAloneNeverClosesIt()
    {
        var circuit = new Circuit(new CircuitOptions { ConsecutiveFailures = 1 });
        Fail(circuit, Now, 1);
        _clock.Advance(TimeSpan.FromDays(1));

        Assert.Equal(CircuitState.Open, circuit.State);
        Assert.True(circuit.TryEnter(Now, out int probe, out _));
        Assert.NotEqual(0, probe);
        circuit.Failed(Now, Down, probe);
        Assert.Equal(CircuitState.Open, circuit.State);
    }

    [Fact]
    public void G3_AProbeThatSucceedsClosesItAndOneThatWasNotSentGivesItsPlaceBack()
    {
        var circuit = new Circuit(new CircuitOptions { ConsecutiveFailures = 1 });
        Fail(circuit, Now, 1);
        _clock.Advance(TimeSpan.FromSeconds(15));
        Assert.True(circuit.TryEnter(Now, out int probe, out _));
        circuit.Leave(probe);
        Assert.True(circuit.TryEnter(Now, out probe, out _));

        circuit.Succeeded(Now, probe);

        Assert.Equal(CircuitState.Closed, circuit.State);
        Assert.True(circuit.TryEnter(Now, out probe, out _));
        Assert.Equal(0, probe);
    }

    [Fact]
    public void G4_AnAttemptFromBeforeTheCircuitOpenedMakesNoRoomForASecondProbe()
    {
        var circuit = new Circuit(new CircuitOptions { ConsecutiveFailures = 1 });
        Assert.True(circuit.TryEnter(Now, out int slow, out _));
        Fail(circuit, Now, 1);
        _clock.Advance(TimeSpan.FromSeconds(15));
        Assert.True(circuit.TryEnter(Now, out int probe, out _));

        circuit.Failed(Now, Down, slow);

        _clock.Advance(TimeSpan.FromSeconds(15));
        Assert.False(circuit.TryEnter(Now, out _, out _));
        circuit.Succeeded(Now, probe);
        Assert.Equal(CircuitState.Closed, circuit.State);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void G4_AProbeThatWasReplacedDoesNotDecide(bool leaves)
    {
        var circuit = new Circuit(new CircuitOptions { ConsecutiveFailures = 1 });
        Fail(circuit, Now, 1);
        _clock.Advance(TimeSpan.FromSeconds(15));
        Assert.True(circuit.TryEnter(Now, out int late, out _, TimeSpan.FromSeconds(30)));
        _clock.Advance(TimeSpan.FromSeconds(30));
        Assert.True(circuit.TryEnter(Now, out int probe, out _, TimeSpan.FromSeconds(30)));

        if (leaves)
        {
            circuit.Leave(late);
        }
        else
        {
            circuit.Failed(Now, Down, late);
        }

        Assert.Equal(CircuitState.HalfOpen, circuit.State);
        Assert.False(circuit.TryEnter(Now, out _, out _));
        circuit.Succeeded(Now, late);
        Assert.Equal(CircuitState.HalfOpen, circuit.State);
        circuit.Succeeded(Now, probe);
        Assert.Equal(CircuitState.Closed, circuit.State);
    }

    [Fact]
    public async Task G4_AProbeThatStreamsClosesItWithItsFirstContentAndNotWithItsLast()
    {
        var rest = new TaskCompletionSource();
        ScriptedReply slow = ScriptedReply.Text("one two three").BeforeEachUpdate((_, index, token) => index == 0 ? default : new ValueTask(rest.Task.WaitAsync(token)));
        ScriptedChatClient provider = new ScriptedChatClient()
            .Enqueue(new HttpRequestException("no", null, HttpStatusCode.BadGateway)).Enqueue(slow).Enqueue("Meanwhile.");
        var route = new ChatRoute("lone", provider) { Circuit = new CircuitOptions { ConsecutiveFailures = 1 } };
        using var client = new FallbackChatClient(provider, null, new FallbackOptions { Primary = route }, new CallLayerSetup(_clock, []));
        await Assert.ThrowsAsync<HttpRequestException>(() => client.AskAsync(streaming: false));
        _clock.Advance(TimeSpan.FromSeconds(15));

        await using IAsyncEnumerator<ChatResponseUpdate> probe = client.GetStreamingResponseAsync("hello").GetAsyncEnumerator();
        ValueTask<bool> first = probe.MoveNextAsync();
        Assert.True(await first);

        Assert.Equal(CircuitState.Closed, route.CircuitState);
        Assert.Equal("Meanwhile.", (await client.AskAsync(streaming: false)).Text);
        rest.SetResult();
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task G3_ThoseWhoWaitForASlotAskTheCircuitAgainWhenTheyHaveIt(bool streaming)
    {
        var down = new TaskCompletionSource();
        var provider = new ScriptedChatClient
        {
            Default = ScriptedReply.Throw(new HttpRequestException("no", null, HttpStatusCode.BadGateway)).WaitFor(down.Task),
        };
        var route = new ChatRoute("local", provider) { MaxConcurrency = 1, Circuit = new CircuitOptions { ConsecutiveFailures = 3 } };
        using var client = new FallbackChatClient(provider, null, new FallbackOptions { Primary = route }, new CallLayerSetup(_clock, []));
        Task<Exception?>[] calls = [.. Enumerable.Range(0, 20).Select(_ => Record.ExceptionAsync(() => client.AskAsync(streaming)).AsTask())];

        down.SetResult();

        Exception?[] failures = await Task.WhenAll(calls);
        Assert.Equal(3, provider.Calls.Count);
        Assert.Equal((3, 17), (failures.OfType<HttpRequestException>().Count(), failures.OfType<CircuitOpenException>().Count()));
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task G2_AFailureThatOpensTheCircuitIsNeitherWaitedForNorHidden(bool streaming)
    {
        var provider = new ScriptedChatClient { Default = ScriptedReply.Throw(new HttpRequestException("no", null, HttpStatusCode.BadGateway)) };
        var route = new ChatRoute("lone", provider) { Circuit = new CircuitOptions { ConsecutiveFailures = 2 } };
        var setup = new CallLayerSetup(_clock, []);
        using var client = new RetryChatClient(
            new FallbackChatClient(provider, null, new FallbackOptions { Primary = route }, setup),
            new RetryOptions { MaxRetries = 5, Randomizer = () => 0, RetryBudget = new RetryBudget(1, 100, timeProvider: _clock) },
            setup);
        using ReceiptCapture capture = CallReceipts.Capture();

        await Assert.ThrowsAsync<HttpRequestException>(() => _clock.RunAsync(client.AskAsync(streaming)));

        Assert.Equal(2, provider.Calls.Count);
        Assert.Equal(2, Assert.Single(capture.Receipts).Attempts.Count);
        Assert.Equal(CircuitState.Open, route.CircuitState);
    }

    [Fact]
    public void AWaitWithoutEndDoesNotOverflow()
    {
        var circuit = new Circuit(new CircuitOptions { ConsecutiveFailures = 1, OpenFor = TimeSpan.MaxValue, Window = TimeSpan.MaxValue });

        Fail(circuit, Now, 1);

        Assert.False(circuit.TryEnter(Now, out _, out _));
    }

    [Fact]
    public void AShareOfFailuresOpensItTooThoughNeverManyInARow()
    {
        var circuit = new Circuit(new CircuitOptions { ConsecutiveFailures = 100, MinimumAttempts = 10, FailureRatio = 0.5 });
        for (int i = 0; i < 10 && circuit.State == CircuitState.Closed; i++)
        {
            Assert.True(circuit.TryEnter(Now, out int probe, out _));
            if (i % 2 == 0)
            {
                circuit.Succeeded(Now, probe);
            }
            else
            {
                circuit.Failed(Now, Down, probe);
            }
        }

        Assert.Equal(CircuitState.Open, circuit.State);
    }

    [Fact]
    public void F12_AQuotaFailureOpensItAtOnceUntilTheStatedTime()
    {
        var circuit = new Circuit(new CircuitOptions());
        Assert.True(circuit.TryEnter(Now, out int probe, out _));
        circuit.Failed(Now, new ChatFailure(ChatFailureKind.QuotaExhausted, ChatFailurePhase.Rejected) { RetryAfter = TimeSpan.FromMinutes(20) }, probe);

        _clock.Advance(TimeSpan.FromMinutes(19));
        Assert.False(circuit.TryEnter(Now, out _, out TimeSpan left));
        Assert.Equal(TimeSpan.FromMinutes(1), left);
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.True(circuit.TryEnter(Now, out _, out _));
    }

    [Fact]
    public void F12_AQuotaFailureWhoseTimeIsOverAlreadyOpensItAllTheSame()
    {
        var circuit = new Circuit(new CircuitOptions());
        Assert.True(circuit.TryEnter(Now, out int probe, out _));
        circuit.Failed(Now, new ChatFailure(ChatFailureKind.QuotaExhausted, ChatFailurePhase.Rejected) { ResetsAt = Now.AddMinutes(-1) }, probe);

        Assert.False(circuit.TryEnter(Now, out _, out TimeSpan left));
        Assert.Equal(TimeSpan.FromMinutes(5), left);
    }

    [Fact]
    public void ARequestThatIsWrongSaysNothingAgainstTheRoute()
    {
        var circuit = new Circuit(new CircuitOptions { ConsecutiveFailures = 2 });
        for (int i = 0; i < 20; i++)
        {
            Assert.True(circuit.TryEnter(Now, out int probe, out _));
            circuit.Failed(Now, new ChatFailure(ChatFailureKind.InvalidRequest, ChatFailurePhase.Rejected), probe);
        }

        Assert.Equal(CircuitState.Closed, circuit.State);
    }
}
