using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

public sealed class OptionRulesTests
{
    /// <summary>Gets what makes a layer with a wrong option, the option, its value and the rule in the message.</summary>
    public static TheoryData<Action<IChatClient>, string, object, string> WrongOptions => new()
    {
        { Budget(options => options.DefaultOutputTokens = 0), "DefaultOutputTokens", 0, "BudgetOptions.DefaultOutputTokens must be at least 1." },
        { Budget(options => options.DefaultReasoningOutputTokens = -1), "DefaultReasoningOutputTokens", -1, "must be at least 1." },
        { Budget(options => options.OutputFloor = 0), "OutputFloor", 0, "must be at least 1." },
        { Budget(options => options.ReasoningOutputFloor = 0), "ReasoningOutputFloor", 0, "must be at least 1." },
        { Budget(options => options.ToolResultAllowance = -1), "ToolResultAllowance", -1, "must be at least 0." },
        { Budget(options => options.Lease = TimeSpan.FromSeconds(59)), "Lease", TimeSpan.FromSeconds(59), "must be at least 00:01:00." },
        { Budget(options => options.WrapUpInstruction = " "), "WrapUpInstruction", " ", "must be a text that is not blank." },
        { Retry(options => options.MaxRetries = -1), "MaxRetries", -1, "RetryOptions.MaxRetries must be from 0 to 100." },
        { Retry(options => options.BaseDelay = TimeSpan.FromSeconds(-1)), "BaseDelay", TimeSpan.FromSeconds(-1), "must be at least 00:00:00." },
        { Retry(options => options.MaxDelay = TimeSpan.FromMilliseconds(400)), "MaxDelay", TimeSpan.FromMilliseconds(400), "must be at least BaseDelay, which is 00:00:00.5000000." },
        { Retry(options => options.MaxDelay = TimeSpan.FromDays(50)), "MaxDelay", TimeSpan.FromDays(50), "must be from 00:00:00 to 49.00:00:00." },
        { Retry(options => options.AttemptTimeout = Timeout.InfiniteTimeSpan), "AttemptTimeout", Timeout.InfiniteTimeSpan, "must be more than 00:00:00 and at most 49.00:00:00." },
        { Retry(options => options.TotalTimeout = TimeSpan.Zero), "TotalTimeout", TimeSpan.Zero, "must be more than 00:00:00." },
        { Retry(options => options.MaxRetryRatio = 1.5), "MaxRetryRatio", 1.5, "must be from 0 to 1." },
        { Retry(options => options.MaxRetryRatio = double.NaN), "MaxRetryRatio", double.NaN, "must be from 0 to 1." },
        { Retry(options => options.MinRetriesPerMinute = -1), "MinRetriesPerMinute", -1, "must be at least 0." },
        { Circuit(options => options.ConsecutiveFailures = 0), "ConsecutiveFailures", 0, "CircuitOptions.ConsecutiveFailures must be at least 1." },
        { Circuit(options => options.FailureRatio = 0), "FailureRatio", 0d, "must be more than 0 and at most 1." },
        { Circuit(options => options.MaxOpenFor = TimeSpan.Zero), "MaxOpenFor", TimeSpan.Zero, "must be more than 00:00:00." },
        { Estimator(options => options.UncertainAbove = double.NaN), "UncertainAbove", double.NaN, "TokenEstimatorOptions.UncertainAbove must be at least 0." },
        { Estimator(options => options.CountTimeout = TimeSpan.FromSeconds(61)), "CountTimeout", TimeSpan.FromSeconds(61), "must be more than 00:00:00 and at most 00:01:00." },
    };

    [Theory, MemberData(nameof(WrongOptions), DisableDiscoveryEnumeration = true)]
    public void TheExceptionNamesTheOptionItsValueAndItsRange(Action<IChatClient> make, string option, object value, string rule)
    {
        using var client = new ScriptedChatClient();

        ArgumentOutOfRangeException exception = Assert.Throws<ArgumentOutOfRangeException>(option, () => make(client));

        Assert.Equal(value, exception.ActualValue);
        Assert.Contains(rule, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsMissingIsRefused()
    {
        Assert.Throws<ArgumentNullException>("Cache", () => new TokenEstimator(new TokenEstimatorOptions { Cache = null! }));
        Assert.Throws<ArgumentNullException>("TimeProvider", () => new TokenEstimator(new TokenEstimatorOptions { TimeProvider = null! }));
        Assert.Throws<ArgumentNullException>(() => new BudgetOptions { Unconfirmed = null! });
    }

    [Fact]
    public void ARouteKeepsItsCircuitWhateverHappensToTheOptions()
    {
        using var client = new ScriptedChatClient();
        var options = new CircuitOptions { ConsecutiveFailures = 3 };
        var route = new ChatRoute("a", client) { Circuit = options };

        options.ConsecutiveFailures = 1;
        route.Circuit.ConsecutiveFailures = 1;

        Assert.Equal(3, route.Circuit.ConsecutiveFailures);
    }

    [Fact]
    public async Task AFallbackKeepsThePrimarysCircuitWhateverHappensToTheOptions()
    {
        var provider = new ScriptedChatClient { Default = ScriptedReply.Throw(new HttpRequestException("gone", null, System.Net.HttpStatusCode.BadGateway)) };
        var options = new FallbackOptions { PrimaryCircuit = new CircuitOptions { ConsecutiveFailures = 2 } };
        using var client = new FallbackChatClient(provider, null, options);

        options.PrimaryCircuit.ConsecutiveFailures = 1;

        await Assert.ThrowsAnyAsync<Exception>(() => client.GetResponseAsync("Hello."));
        await Assert.ThrowsAnyAsync<Exception>(() => client.GetResponseAsync("Hello."));
        Assert.Equal(2, provider.Calls.Count);
    }

    [Fact]
    public async Task ABudgetKeepsItsReservationWhateverHappensToTheOptions()
    {
        var provider = new ScriptedChatClient("gpt-4.1", "openai") { Default = ScriptedReply.Text("Here.") };
        var options = new BudgetOptions { DefaultOutputTokens = 100, OutputFloor = 100 };
        using var client = new BudgetChatClient(provider, new CostTracker(MeaiBudget.Budget.Daily("day", 1m)), options);

        options.DefaultOutputTokens = 50;
        options.OutputFloor = 50;
        options.Unconfirmed.Stream = UnconfirmedCharge.Full;
        await client.GetResponseAsync("Hello.");

        Assert.Equal(100, Assert.Single(provider.Calls).Options?.MaxOutputTokens);
    }

    [Theory]
    [InlineData(UnconfirmedCharge.Released, 0)]
    [InlineData(UnconfirmedCharge.Full, 1)]
    public async Task ABudgetKeepsItsUnconfirmedPolicyWhateverHappensToTheOptions(UnconfirmedCharge charge, int charged)
    {
        var provider = new ScriptedChatClient("gpt-4.1", "openai") { Default = ScriptedReply.Throw(new TimeoutException()) };
        var tracker = new CostTracker(MeaiBudget.Budget.Daily("day", 1m));
        var options = new BudgetOptions { Unconfirmed = new UnconfirmedPolicy { Ambiguous = charge } };
        using var client = new BudgetChatClient(provider, tracker, options);

        options.Unconfirmed.Ambiguous = charge == UnconfirmedCharge.Full ? UnconfirmedCharge.Released : UnconfirmedCharge.Full;
        await Assert.ThrowsAsync<TimeoutException>(() => client.GetResponseAsync("Hello."));

        Assert.Equal(charged, (await tracker.GetStatusAsync("day")).Spent > 0m ? 1 : 0);
    }

    [Fact]
    public async Task ARetryKeepsItsCountWhateverHappensToTheOptions()
    {
        var provider = new ScriptedChatClient { Default = ScriptedReply.Throw(new HttpRequestException("slow", null, System.Net.HttpStatusCode.TooManyRequests)) };
        var options = new RetryOptions { MaxRetries = 0, BaseDelay = TimeSpan.Zero, MaxDelay = TimeSpan.Zero, RetryBudget = new RetryBudget(1, 100) };
        using var client = new RetryChatClient(provider, options);

        options.MaxRetries = 3;
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetResponseAsync("Hello."));

        Assert.Single(provider.Calls);
    }

    private static Action<IChatClient> Budget(Action<BudgetOptions> configure) => client => new ChatClientBuilder(client).UseBudget(null, configure).Build();

    private static Action<IChatClient> Retry(Action<RetryOptions> configure) => client => new ChatClientBuilder(client).UseRetry(null, configure).Build();

    private static Action<IChatClient> Circuit(Action<CircuitOptions> configure) => client =>
    {
        var options = new CircuitOptions();
        configure(options);
        _ = new ChatRoute("a", client) { Circuit = options };
    };

    private static Action<IChatClient> Estimator(Action<TokenEstimatorOptions> configure) => client =>
    {
        var options = new TokenEstimatorOptions();
        configure(options);
        client.AsBuilder().UseTokenEstimation(new TokenEstimator(options)).Build();
    };
}
