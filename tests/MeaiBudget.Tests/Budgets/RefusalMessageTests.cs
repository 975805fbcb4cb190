using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>The messages of refusals: what happened, and what to do.</summary>
public sealed class RefusalMessageTests
{
    [Fact]
    public async Task M12_ABudgetThatIsSmallerThanTheRequestIsNotCalledSpent()
    {
        BudgetExceededException refused = await RefusalOf(new CostTracker([Budget.Daily("day", 0.5m)], SpendRequests.Catalog), 2_000);
        Assert.True(refused.Refusal.IsBeyondLimit);
        Assert.DoesNotContain("is spent", refused.Message, StringComparison.Ordinal);
        Assert.Contains("too small for the request", refused.Message, StringComparison.Ordinal);
        Assert.Contains("MaxOutputTokens", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("resets", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task M12_ATokenLimitThatIsSmallerThanTheRequestIsNotCalledSpent()
    {
        BudgetExceededException refused = await RefusalOf(new CostTracker([Budget.Daily("day", null) with { TokenLimit = 10 }], SpendRequests.Catalog), 2_000);
        Assert.True(refused.Refusal.IsBeyondLimit);
        Assert.Contains("too small for the request", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4, "is spent")]
    [InlineData(3, "has too little left")]
    public async Task M12_ASpentBudgetSaysSoAndWhenItResets(int dollars, string what)
    {
        var tracker = new CostTracker([Budget.Daily("day", 4m)], SpendRequests.Catalog);
        await tracker.SpendAsync(SpendRequests.Model, dollars * 1_000, 0, cancellationToken: TestContext.Current.CancellationToken);
        BudgetExceededException refused = await RefusalOf(tracker, 2_000);
        Assert.False(refused.Refusal.IsBeyondLimit);
        Assert.Contains(what, refused.Message, StringComparison.Ordinal);
        Assert.Contains("It resets at", refused.Message, StringComparison.Ordinal);
        Assert.Contains("GrantAsync", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task M12_AHeldBudgetSaysSo()
    {
        var tracker = new CostTracker([Budget.Daily("day", 4m) with { MaxWait = TimeSpan.Zero }], SpendRequests.Catalog);
        Assert.True((await tracker.ReserveAsync(SpendRequests.Of(3m), TestContext.Current.CancellationToken)).IsAdmitted);
        BudgetExceededException refused = await RefusalOf(tracker, 2_000);
        Assert.Contains("is held by calls in progress", refused.Message, StringComparison.Ordinal);
        Assert.Contains("MaxWait", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("my-own-model", "No price is known for the model 'my-own-model'")]
    [InlineData("gpt-4.1-mini-of-mine", "'gpt-4.1-mini-of-mine'")]
    public async Task M13_AnUnknownPriceNamesTheModelAndTheLineToAdd(string modelId, string named)
    {
        IChatClient client = new ChatClientBuilder(new ScriptedChatClient(modelId, "nobody")).UseBudget(Budget.Daily("day", 5m)).Build();
        BudgetExceededException refused = await Assert.ThrowsAsync<BudgetExceededException>(() => client.GetResponseAsync("x"));
        Assert.Equal(RefusalReason.UnknownPrice, refused.Refusal.Reason);
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
        Assert.Contains($"catalog.With(\"{modelId}\", ModelPrice.PerMillionTokens(", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task M13_AnUnknownPriceInARunAndForARequestedModelNamesTheModel()
    {
        IChatClient client = new ChatClientBuilder(new ScriptedChatClient("gpt-4.1-mini", "openai")).UseBudget(Budget.Daily("day", null)).Build();
        using (BudgetRun.Begin("run", 1m))
        {
            BudgetExceededException refused = await Assert.ThrowsAsync<BudgetExceededException>(
                () => client.GetResponseAsync("x", new ChatOptions { ModelId = "chat-prod" }));
            Assert.Contains("catalog.With(\"chat-prod\"", refused.Message, StringComparison.Ordinal);
        }
    }

    private static Task<BudgetExceededException> RefusalOf(CostTracker tracker, int outputTokens) =>
        Assert.ThrowsAsync<BudgetExceededException>(() => new ChatClientBuilder(new ScriptedChatClient(SpendRequests.Model, "openai")).UseBudget(tracker).Build()
            .GetResponseAsync("x", new ChatOptions { MaxOutputTokens = outputTokens }, TestContext.Current.CancellationToken));
}
