namespace MeaiBudget.Tests;

public sealed class RetryBudgetTests
{
    [Fact]
    public void LayersThatSetNothingShareTheBudgetOfTheProcess() =>
        Assert.Same(RetryBudget.Shared, new RetryOptions { MaxRetries = 3 }.BudgetFor(TimeProvider.System));

    [Theory]
    [InlineData(0.5, 10)]
    [InlineData(0.1, 0)]
    public void AShareOrAFloorOfItsOwnGivesALayerABudgetOfItsOwn(double ratio, int minimum)
    {
        RetryBudget budget = new RetryOptions { MaxRetryRatio = ratio, MinRetriesPerMinute = minimum }.BudgetFor(TimeProvider.System);

        Assert.NotSame(RetryBudget.Shared, budget);
        Assert.Equal((ratio, minimum), (budget.Ratio, budget.Minimum));
    }

    [Fact]
    public void ABudgetThatWasGivenComesBeforeShareAndFloor()
    {
        var given = new RetryBudget();

        Assert.Same(given, new RetryOptions { RetryBudget = given, MaxRetryRatio = 1, MinRetriesPerMinute = 0 }.BudgetFor(TimeProvider.System));
    }
}
