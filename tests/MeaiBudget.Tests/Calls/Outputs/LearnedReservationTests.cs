using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>Streams that reserve what was learned (<see cref="OutputReservation.Learned"/>): which they are, and how their reservation grows.</summary>
public sealed class LearnedReservationTests
{
    [Theory]
    [InlineData(OutputReservation.Limit, 3)]
    [InlineData(OutputReservation.Learned, 20)]
    public async Task O12_TwentyStreamsOf300TokensOnABudgetForThreeWorstCases(OutputReservation reservation, int admitted)
    {
        using var bench = new StreamBench(3 * StreamBench.Most * StreamBench.Token, reservation);
        await bench.LearnAsync(300);
        var gate = new TaskCompletionSource();
        bench.Provider.Default = ScriptedReply.Text(StreamBench.Words(300)).WithUsage(10, 300)
            .BeforeEachUpdate((_, index, token) => index == 150 ? new ValueTask(gate.Task.WaitAsync(token)) : default);

        Task<ChatFinishReason?>[] streams = [.. Enumerable.Range(0, 20).Select(_ => bench.ReadAsync(new ChatOptions(), TestContext.Current.CancellationToken))];

        Assert.Equal(20 - admitted, streams.Count(stream => stream.IsFaulted));
        gate.SetResult();
        await Task.WhenAll(streams.Select(stream => stream.ContinueWith(_ => { }, TaskScheduler.Default)));
        Assert.Equal(admitted, streams.Count(stream => stream.IsCompletedSuccessfully && stream.Result == ChatFinishReason.Stop));
        BudgetStatus status = await bench.StatusAsync();
        Assert.Equal((admitted * 300 * StreamBench.Token, 0m, 0m), (status.Spent, status.Held, status.Overrun));
    }

    [Fact]
    public async Task AStreamLongerThanLearnedReservesMoreAndIsNotCut()
    {
        using var bench = new StreamBench(10m);
        await bench.LearnAsync(100);
        bench.Provider.Enqueue(bench.Answer(3_000));

        Assert.Equal(ChatFinishReason.Stop, await bench.ReadAsync());

        Assert.Equal((3_000, 0m, 0.3m), (bench.Attempt.Usage.OutputTokens, bench.Attempt.Overrun, bench.Attempt.Cost.Amount));
        Assert.InRange(bench.Attempt.ReservedOutputTokens!.Value, 3_000, 4_500);
        Assert.Equal(bench.Attempt.ReservedOutputTokens.Value * StreamBench.Token, bench.Attempt.Reserved);
        Assert.InRange(bench.Ledger.Steps, 2, 25);
        BudgetStatus status = await bench.StatusAsync();
        Assert.Equal((0.3m, 0m, 0m), (status.Spent, status.Held, status.Overrun));
        Assert.Equal(0, bench.Ledger.Open);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(100)]
    [InlineData(400)]
    public async Task ALedgerThatNeedsAlmostTwoSecondsForAStepIsInTime(int perSecond)
    {
        using var bench = new StreamBench(10m);
        await bench.LearnAsync(2_000, 100);
        bench.Ledger.BeforeStep = () => Task.Delay(TimeSpan.FromSeconds(1.8), bench.Clock);
        bench.Provider.Enqueue(bench.Answer(8_000, perSecond));

        Assert.Equal(ChatFinishReason.Stop, await bench.ReadAsync());

        Assert.Equal((0m, 0.8m), (bench.Attempt.Overrun, (await bench.StatusAsync()).Spent));
        Assert.Equal((0m, 0), ((await bench.StatusAsync()).Held, bench.Ledger.Open));
    }

    [Fact]
    public async Task ARefusedStepCutsTheStreamAtItsReservationAndTheRestIsOverrun()
    {
        using var bench = new StreamBench(150 * StreamBench.Token);
        await bench.LearnAsync(100);
        bench.Provider.Enqueue(bench.Answer(3_000));

        Assert.Equal(MeaiBudgetFinishReasons.BudgetReached, await bench.ReadAsync());

        long reserved = bench.Attempt.ReservedOutputTokens!.Value;
        long received = bench.Attempt.Usage.OutputTokens;
        Assert.InRange(reserved, 135, 150);
        Assert.InRange(received, reserved + 1, reserved + 16 + (reserved / 50) + 2);
        Assert.Equal((received - reserved) * StreamBench.Token, bench.Attempt.Overrun);
        BudgetStatus status = await bench.StatusAsync();
        Assert.Equal((received * StreamBench.Token, 0m, bench.Attempt.Overrun), (status.Spent, status.Held, status.Overrun));
        Assert.True(bench.Attempt.IsUnconfirmed);
        Assert.Contains("beyond the reservation", bench.Receipts[^1].Explain(), StringComparison.Ordinal);

        // An operator finds the cut as one refusal, however often more was asked for.
        Assert.Equal("day", bench.Attempt.Refusal?.Budget);
        Assert.Contains("cut because budget 'day' refused more output", bench.Receipts[^1].Explain(), StringComparison.Ordinal);
        Assert.Single(bench.Observer.Of(BudgetEventKind.Refused));
    }

    [Fact]
    public async Task AStreamIsNotCutIfAnotherSettlesInTime()
    {
        // The first holds what the second needs, and ends while the second still has some of its own.
        using var bench = new StreamBench(400 * StreamBench.Token);
        await bench.LearnAsync(100);
        bench.Provider.Enqueue(bench.Answer(250)).Enqueue(bench.Answer(100));
        await using IAsyncEnumerator<ChatResponseUpdate> second = bench.Client.GetStreamingResponseAsync("long").GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await using IAsyncEnumerator<ChatResponseUpdate> first = bench.Client.GetStreamingResponseAsync("short").GetAsyncEnumerator(TestContext.Current.CancellationToken);
        bool firstGoesOn = true;
        ChatFinishReason? reason = null;
        while (await second.MoveNextAsync())
        {
            reason = second.Current.FinishReason ?? reason;
            firstGoesOn = firstGoesOn && await first.MoveNextAsync();
        }

        Assert.Equal(ChatFinishReason.Stop, reason);
        BudgetStatus status = await bench.StatusAsync();
        Assert.Equal((350 * StreamBench.Token, 0m, 0m), (status.Spent, status.Held, status.Overrun));
        Assert.Empty(bench.Observer.Of(BudgetEventKind.Refused));
        Assert.All(bench.Receipts, receipt => Assert.Null(Assert.Single(receipt.Attempts).Refusal));
    }

    [Fact]
    public async Task ALedgerThatIsAwayForOneStepCutsNothing()
    {
        using var bench = new StreamBench(10m);
        await bench.LearnAsync(100);
        int failures = 2;
        bench.Ledger.BeforeStep = () => failures-- > 0 ? throw new SpendLedgerException("steps", "The store is away.") : Task.CompletedTask;
        bench.Provider.Enqueue(bench.Answer(400));

        Assert.Equal(ChatFinishReason.Stop, await bench.ReadAsync());
        Assert.Equal((0m, 0.04m, 0), (bench.Attempt.Overrun, (await bench.StatusAsync()).Spent, bench.Ledger.Open));
    }

    [Fact]
    public async Task ALedgerThatStaysAwayCutsTheStreamAtItsReservation()
    {
        using var bench = new StreamBench(10m);
        await bench.LearnAsync(100);
        bench.Ledger.BeforeStep = () => throw new SpendLedgerException("steps", "The store is away.");
        bench.Provider.Enqueue(bench.Answer(400));

        Assert.Equal(MeaiBudgetFinishReasons.BudgetReached, await bench.ReadAsync());
        Assert.Equal(100, bench.Attempt.ReservedOutputTokens);
        Assert.InRange(bench.Attempt.Usage.OutputTokens, 101, 122);
    }

    [Fact]
    public async Task ALedgerThatNeverAnswersCutsTheStreamAfterTenSecondsAndItsLateAnswerHoldsNothing()
    {
        using var bench = new StreamBench(10m);
        await bench.LearnAsync(1_000);
        var answer = new TaskCompletionSource();
        bench.Ledger.BeforeStep = () => answer.Task;
        bench.Provider.Enqueue(bench.Answer(4_000));

        Assert.Equal(MeaiBudgetFinishReasons.BudgetReached, await bench.ReadAsync());

        // The step was asked for two seconds ahead, and is waited for ten.
        Assert.InRange(bench.Attempt.Usage.OutputTokens, 1_300, 1_450);
        Assert.Equal((bench.Attempt.Usage.OutputTokens - 1_000) * StreamBench.Token, bench.Attempt.Overrun);
        answer.SetResult();
        await UntilAsync(() => bench.Ledger.Open == 0);
        BudgetStatus status = await bench.StatusAsync();
        Assert.Equal((bench.Attempt.Cost.Amount, 0m, bench.Attempt.Overrun), (status.Spent, status.Held, status.Overrun));
    }

    [Theory]
    [InlineData("leaves")]
    [InlineData("cancels")]
    [InlineData("fails")]
    public async Task AStreamThatEndsInTheMiddleIsSettledOnceAndAStepThatWasAskedForHoldsNothing(string end)
    {
        using var bench = new StreamBench(10m);
        await bench.LearnAsync(100);
        var answer = new TaskCompletionSource();
        int steps = 0;
        bench.Ledger.BeforeStep = () => ++steps > 2 ? answer.Task : Task.CompletedTask;
        ScriptedReply reply = bench.Answer(1_000);
        bench.Provider.Enqueue(end == "fails" ? reply.ThrowAfterUpdates(600, new HttpRequestException("gone")) : reply);
        using var cancellation = new CancellationTokenSource();
        int seen = 0;
        Exception? thrown = await Record.ExceptionAsync(async () =>
        {
            await foreach (ChatResponseUpdate _ in bench.Client.GetStreamingResponseAsync("ask", cancellationToken: cancellation.Token))
            {
                seen++;
                if (seen == 600 && end == "leaves")
                {
                    break;
                }

                if (seen == 600 && end == "cancels")
                {
                    await cancellation.CancelAsync();
                }
            }
        });

        Assert.Equal(end == "leaves", thrown is null);
        answer.SetResult();
        await UntilAsync(() => bench.Ledger.Open == 0);
        BudgetStatus status = await bench.StatusAsync();
        Assert.InRange(bench.Attempt.Usage.OutputTokens, 590, Math.Max(670, bench.Attempt.ReservedOutputTokens!.Value));
        Assert.Equal((bench.Attempt.Cost.Amount, 0m, bench.Attempt.Overrun), (status.Spent, status.Held, status.Overrun));
    }

    [Fact]
    public async Task StepsAreRenewedWithTheirStream()
    {
        using var bench = new StreamBench(10m);
        await bench.LearnAsync(100);
        bench.Provider.Enqueue(bench.Answer(2_000, perSecond: 4));

        Assert.Equal(ChatFinishReason.Stop, await bench.ReadAsync());

        Assert.True(bench.Ledger.RenewedSteps > 0);
        BudgetStatus status = await bench.StatusAsync();
        Assert.Equal((0.2m, 0m, 0m, 0m), (status.Spent, status.Held, status.Overrun, status.Unconfirmed));
    }

    [Fact]
    public async Task RunsAndTagsAreReservedAndSettledLikeAnyOther()
    {
        using var bench = new StreamBench(0, budget: Budget.Daily("tenants", 1m).PerTag("tenant"));
        ChatOptions options = new() { AdditionalProperties = new() { ["tenant"] = "acme" } };
        await bench.LearnAsync(100, options: options);
        bench.Provider.Enqueue(bench.Answer(900));
        using var run = BudgetRun.Begin("run", 0.5m);

        Assert.Equal(ChatFinishReason.Stop, await bench.ReadAsync(options));

        Assert.Equal((0.09m, 0m, 1), (run.Spent, run.Held, run.SettledAttempts));
        BudgetStatus status = await bench.StatusAsync();
        Assert.Equal(("acme", 0.09m, 0m, 0m), (status.Key, status.Spent, status.Held, status.Overrun));
    }

    [Fact]
    public async Task ARunThatCannotPayAStepCutsTheStreamAndTheTrackerHoldsNothingOfIt()
    {
        using var bench = new StreamBench(10m);
        await bench.LearnAsync(100);
        bench.Provider.Enqueue(bench.Answer(900));
        using var run = BudgetRun.Begin("run", 200 * StreamBench.Token);

        Assert.Equal(MeaiBudgetFinishReasons.BudgetReached, await bench.ReadAsync());

        Assert.Equal((bench.Attempt.Cost.Amount, 0m), (run.Spent, run.Held));
        Assert.Equal((bench.Attempt.Cost.Amount, 0m, 0), ((await bench.StatusAsync()).Spent, (await bench.StatusAsync()).Held, bench.Ledger.Open));
        Assert.InRange(bench.Attempt.Cost.Amount, 184 * StreamBench.Token, 222 * StreamBench.Token);
    }

    [Theory]
    [InlineData("maximum", 500)]
    [InlineData("unstreamed", StreamBench.Most)]
    [InlineData("effort", StreamBench.Most)]
    [InlineData("background", StreamBench.Most)]
    [InlineData("few", StreamBench.Most)]
    [InlineData("reasoning", StreamBench.Most)]
    [InlineData("hidden", StreamBench.Most)]
    [InlineData("default", StreamBench.Most)]
    [InlineData("learned", 100)]
    public async Task OnlyVisibleStreamsWithoutAMaximumReserveWhatWasLearned(string kind, long reserved)
    {
        using var bench = new StreamBench(10m, kind == "default" ? default : OutputReservation.Learned, isReasoning: kind == "reasoning");
        await bench.LearnAsync(100, kind == "few" ? 19 : 100);
        ScriptedReply answer = ScriptedReply.Text("one two three").WithUsage(10, 3);
        if (kind == "hidden")
        {
            bench.Provider.Enqueue(answer.WithUsage(10, 400));
            await bench.ReadAsync();
        }

        bench.Provider.Enqueue(answer);
        ChatOptions options = kind switch
        {
            "maximum" => new() { MaxOutputTokens = 500 },
            "effort" => new() { Reasoning = new() { Effort = ReasoningEffort.Low } },
            "background" => new() { AllowBackgroundResponses = true },
            _ => new(),
        };
        if (kind == "unstreamed")
        {
            await bench.Client.GetResponseAsync("ask", options, TestContext.Current.CancellationToken);
        }
        else
        {
            await bench.ReadAsync(options);
        }

        Assert.Equal(reserved, bench.Attempt.ReservedOutputTokens);
        Assert.Equal(0m, bench.Attempt.Overrun);
    }

    [Fact]
    public async Task WhatTheCallerIsUsedToIsReservedAndAnyOtherCallerReservesWhatAllAre()
    {
        using var bench = new StreamBench(0, budget: Budget.Daily("tenants", 10m).PerTag("tenant") with { MaxWait = TimeSpan.Zero });
        ChatOptions Of(string tenant) => new() { AdditionalProperties = new() { ["tenant"] = tenant, ["trace"] = Guid.NewGuid().ToString() } };
        await bench.LearnAsync(50, 100, Of("brief"));
        await bench.LearnAsync(800, 100, Of("long"));
        foreach ((string tenant, long reserved) in (List<(string, long)>)[("brief", 50), ("long", 800), ("new", 800)])
        {
            bench.Provider.Enqueue(ScriptedReply.Text("one two three").WithUsage(10, 3));
            await bench.ReadAsync(Of(tenant));
            Assert.Equal((tenant, reserved), (tenant, bench.Attempt.ReservedOutputTokens));
        }
    }

    private static async Task UntilAsync(Func<bool> isTrue)
    {
        while (!isTrue())
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
