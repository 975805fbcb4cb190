using CsCheck;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>Random streams with learned reservations: what is charged, what is shown as overrun, and when they are cut.</summary>
public sealed class LearnedReservationPropertyTests
{
    /// <summary>Two streams that are read in turn, by random numbers of updates.</summary>
    [Fact]
    public Task WhatIsChargedBeyondTheLimitIsToldAsOverrunAndNothingStaysHeld() =>
        Gen.Select(Gen.Int[1, 1_500], Gen.Int[1, 1_500], Gen.Int[5, 300], Gen.Int[20, 400], Gen.Int[50, 4_000], Gen.Int[0, 3_000], Gen.Int[0, 4], Gen.Int[0, 1_000_000])
            .SampleAsync(
                async (first, second, perSecond, learned, limit, delay, kind, seed) =>
                {
                    using var bench = new StreamBench(limit * StreamBench.Token);
                    await bench.LearnAsync(learned, 25);
                    var random = new Random(seed);
                    bench.Ledger.BeforeStep = kind switch
                    {
                        0 => () => Task.Delay(TimeSpan.FromMilliseconds(delay), bench.Clock),
                        1 => () => random.Next(3) == 0 ? throw new SpendLedgerException("steps", "The store is away.") : Task.CompletedTask,
                        _ => null,
                    };
                    bench.Provider.Enqueue(bench.Answer(first, perSecond)).Enqueue(bench.Answer(second, perSecond));

                    List<IAsyncEnumerator<ChatResponseUpdate>> streams =
                        [.. Enumerable.Range(0, 2).Select(_ => bench.Client.GetStreamingResponseAsync("ask").GetAsyncEnumerator(TestContext.Current.CancellationToken))];
                    while (streams.Count > 0)
                    {
                        IAsyncEnumerator<ChatResponseUpdate> stream = streams[random.Next(streams.Count)];
                        for (int i = random.Next(1, 200); i > 0; i--)
                        {
                            if (!await MoveNextAsync(stream) || (kind == 2 && random.Next(400) == 0))
                            {
                                await stream.DisposeAsync();
                                streams.Remove(stream);
                                break;
                            }
                        }
                    }

                    bench.Clock.Advance(TimeSpan.FromSeconds(4));
                    while (bench.Ledger.Open > 0)
                    {
                        await Task.Yield();
                    }

                    AttemptReceipt[] attempts = [.. bench.Receipts.SelectMany(receipt => receipt.Attempts).Where(attempt => attempt.Outcome != AttemptOutcome.Refused && bench.Tracker is not null && attempt.Budgets is ["day"] && attempt.Reserved > 0 && attempt.ModelId == "steady")];
                    attempts = attempts[25..];
                    BudgetStatus status = await bench.StatusAsync();
                    Assert.Equal(0m, status.Held);
                    Assert.Equal(attempts.Sum(attempt => attempt.Cost.Amount), status.Spent);
                    Assert.Equal(attempts.Sum(attempt => attempt.Overrun), status.Overrun);
                    Assert.True(status.Spent - status.Overrun <= limit * StreamBench.Token, $"{status.Spent} spent, of it {status.Overrun} overrun, limit {limit * StreamBench.Token}");
                    foreach (AttemptReceipt attempt in attempts)
                    {
                        Assert.True(attempt.Cost.Amount <= attempt.Reserved + attempt.Overrun);
                        bool isCut = attempt.Failure?.Kind == ChatFailureKind.Truncated;
                        if (kind is not (0 or 1))
                        {
                            Assert.InRange(attempt.Overrun, 0, (18 + (attempt.ReservedOutputTokens!.Value / 50)) * StreamBench.Token);
                            Assert.False(isCut && Payable(limit, attempts, attempt) > 50 + (attempt.ReservedOutputTokens!.Value / 25), "A stream was cut whose output the budget could pay.");
                        }
                    }
                },
                iter: 150, threads: 1);

    private static async Task<bool> MoveNextAsync(IAsyncEnumerator<ChatResponseUpdate> stream)
    {
        try
        {
            return await stream.MoveNextAsync();
        }
        catch (BudgetExceededException)
        {
            return false;
        }
    }

    /// <summary>The tokens that were left when a stream was cut, at least: what no attempt reserved or spent.</summary>
    private static long Payable(int limit, AttemptReceipt[] attempts, AttemptReceipt cut) =>
        limit - cut.ReservedOutputTokens!.Value - attempts.Where(other => other != cut).Sum(other => Math.Max(other.ReservedOutputTokens!.Value, other.Usage.OutputTokens));
}
