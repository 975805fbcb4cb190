namespace MeaiBudget.Tests;

/// <summary>Cases that the random calls of <see cref="BilledWithinReservationTests"/> found. Each also keeps their rules.</summary>
public sealed class BilledExampleTests
{
    private const int Rich = 1_000_000;

    public static TheoryData<bool> Both => StreamModes.Both;

    private static RandomCall Call { get; } = new()
    {
        Sdk = WireSdk.Chat,
        IsStreaming = false,
        IsDear = false,
        Raw = RawRequest.None,
        Repetition = Repetition.None,
        OptionLimit = 100,
        RawLimit = null,
        HasOtherModel = false,
        Answers = 1,
        Tier = null,
        Tools = 0,
        Text = string.Concat(Enumerable.Repeat("word ", 40)),
        Instructions = 0,
        Faults = [],
        Share = 100,
        Break = 50,
        Piece = 64,
        LeaveAfter = null,
        IsInRun = false,
    };

    [Theory, MemberData(nameof(Both))]
    public async Task ARequestThatNamesACheaperModelIsChargedAtThePriceOfThatModel(bool streaming)
    {
        AttemptReceipt attempt = await AttemptAsync(Call with
        {
            Sdk = WireSdk.Ollama,
            IsStreaming = streaming,
            IsDear = true,
            Raw = RawRequest.Typed,
            Repetition = Repetition.Sdk,
            RawLimit = 447,
            HasOtherModel = true,
        });

        Assert.Equal(BillingModels.Bill("llama3.2", null, attempt.Usage.InputTokens, 447), attempt.Cost.Amount * 1_000_000_000m);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task AnAttemptWhoseRequestIsRefusedAtTheWireNamesTheBudgetAndCountsNoRequest(bool streaming)
    {
        AttemptReceipt attempt = await AttemptAsync(
            Call with { Sdk = WireSdk.Ollama, IsStreaming = streaming, Raw = RawRequest.Typed, Repetition = Repetition.Sdk, OptionLimit = 10, RawLimit = 600 }, limit: 150);

        Assert.Equal((AttemptOutcome.Refused, "day", 0), (attempt.Outcome, attempt.Refusal?.Budget, attempt.RequestCount));
    }

    [Theory, MemberData(nameof(Both))]
    public async Task AFullChargeCountsTheInputThatOnlyTheRawRequestHas(bool streaming)
    {
        AttemptReceipt attempt = await AttemptAsync(
            Call with { Sdk = WireSdk.Anthropic, IsStreaming = streaming, Raw = RawRequest.Typed, RawLimit = 100, Instructions = 2_000, Faults = [ProviderFault.LostBeforeAnswer] });

        Assert.Equal(attempt.Reserved, attempt.Cost.Amount);
        Assert.True(attempt.IsUnconfirmed);
    }

    [Fact]
    public async Task AnAnswerThatWasCutIsNotChargedByThePlaceholderAtItsBeginning()
    {
        RandomCall call = Call with { Sdk = WireSdk.Anthropic, IsStreaming = true, Faults = [ProviderFault.EndsEarly] };
        for (int at = 0; at < 100; at += 9)
        {
            AttemptReceipt attempt = await AttemptAsync(call with { Break = at });
            Assert.Equal(100, attempt.Usage.OutputTokens);
        }
    }

    [Theory, MemberData(nameof(Both))]
    public async Task AnAnswerThatIsCutWithinItsCountsIsNotComplete(bool streaming)
    {
        AttemptReceipt attempt = await AttemptAsync(Call with { Sdk = WireSdk.Ollama, IsStreaming = streaming, Faults = [ProviderFault.EndsEarly], Break = 97 });

        Assert.True(attempt.IsUnconfirmed);
        Assert.Equal(100, attempt.Usage.OutputTokens);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task AShortInstructionOfTheRawRequestIsReserved(bool streaming)
    {
        RandomCall plain = Call with { Sdk = WireSdk.Responses, IsStreaming = streaming, Raw = RawRequest.Typed };
        decimal without = (await AttemptAsync(plain)).Reserved;
        decimal with = (await AttemptAsync(plain with { Instructions = 189 })).Reserved;

        Assert.Equal(189 * 0.0000004m, with - without);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task AServerErrorIsChargedAlthoughTheOtherRequestWasRejected(bool streaming)
    {
        AttemptReceipt attempt = await AttemptAsync(
            Call with { IsStreaming = streaming, Repetition = Repetition.Hedge, Faults = [ProviderFault.ServerError, ProviderFault.Overloaded] });

        Assert.Equal(2, attempt.RequestCount);
        Assert.Equal(attempt.Reserved / 2, attempt.Cost.Amount);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task ARefusedSecondRequestDoesNotHideHowTheFirstOneFailed(bool streaming)
    {
        AttemptReceipt attempt = await AttemptAsync(
            Call with { IsStreaming = streaming, Repetition = Repetition.Hedge, Faults = [ProviderFault.OddFinish] }, limit: 300);

        Assert.Equal((AttemptOutcome.Failed, 1), (attempt.Outcome, attempt.RequestCount));
        Assert.False(attempt.IsUnconfirmed);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task WhatOnlyTheRawRequestHasIsReservedOnceForAllRepetitions(bool streaming)
    {
        RandomCall call = Call with { Sdk = WireSdk.Responses, IsStreaming = streaming, Raw = RawRequest.Typed, Instructions = 400, Repetition = Repetition.Handler };

        decimal once = (await AttemptAsync(call)).Reserved;
        AttemptReceipt repeated = await AttemptAsync(call with { Faults = [ProviderFault.Overloaded, ProviderFault.RateLimited] });

        Assert.Equal((once, 3), (repeated.Reserved, repeated.RequestCount));
    }

    [Fact]
    public async Task ARequestThatLeavesWhileTheAttemptEndsIsChargedOrStopped()
    {
        foreach (ProviderFault fault in (ProviderFault[])[ProviderFault.Rejected, ProviderFault.ServerError, ProviderFault.None])
        {
            for (int at = 0; at < 40; at++)
            {
                await AttemptAsync(Call with { Repetition = Repetition.LateHedge, Faults = [fault, ProviderFault.LostWithinAnswer], Break = at });
            }
        }
    }

    /// <summary>The caller sees the rejection; the other answer, which nobody reads to its end, is billed all the same.</summary>
    [Theory, MemberData(nameof(Both))]
    public async Task AnAnswerThatWasDroppedIsChargedAlthoughTheOtherRequestFailed(bool streaming)
    {
        foreach (WireSdk sdk in Enum.GetValues<WireSdk>())
        {
            foreach (ProviderFault first in (ProviderFault[])[ProviderFault.Rejected, ProviderFault.RateLimited, ProviderFault.Overloaded, ProviderFault.ServerError])
            {
                for (int at = 0; at < 100; at += 33)
                {
                    AttemptReceipt attempt = await AttemptAsync(
                        Call with { Sdk = sdk, IsStreaming = streaming, Repetition = Repetition.Shadow, Faults = [first, ProviderFault.EndsEarly], Break = at });
                    Assert.True(attempt.IsUnconfirmed);
                    Assert.Equal(2, attempt.RequestCount);
                }
            }
        }
    }

    /// <summary>Makes one call, checks the rules of all calls, and gives its last attempt.</summary>
    private static async Task<AttemptReceipt> AttemptAsync(RandomCall call, int limit = Rich) =>
        (await BilledCalls.RunAsync([[call]], limit, retries: 0))[0].Receipt!.Attempts[^1];
}
