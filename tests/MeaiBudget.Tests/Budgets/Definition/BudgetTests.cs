namespace MeaiBudget.Tests;

public sealed class BudgetTests
{
    [Fact]
    public void ANegativeLimitIsAClearError()
    {
        ArgumentOutOfRangeException error = Assert.Throws<ArgumentOutOfRangeException>(() => Budget.Daily("day", -1m));
        Assert.Contains("'day'", error.Message, StringComparison.Ordinal);
        Assert.Contains("null is no limit", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Budget.Daily("day", 1m) with { TokenLimit = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => Budget.Daily("day", 1m) with { Limit = -0.01m });
        Assert.Throws<ArgumentOutOfRangeException>(() => Budget.Daily("day", 1m) with { MaxWait = TimeSpan.FromSeconds(-1) });
        Assert.Throws<ArgumentOutOfRangeException>(() => Budget.Daily("day", 1m) with { MaxWait = Timeout.InfiniteTimeSpan });
        Assert.Throws<ArgumentException>(() => Budget.Daily(" ", 1m));
    }

    [Fact]
    public void ChangesMakeNewBudgets()
    {
        var day = Budget.Daily("day", 20m);
        Budget tenant = day.PerTag("tenant").PerModel().PerTag("tenant");
        Assert.Empty(day.PartitionBy);
        Assert.Equal(
            [new BudgetDimension(BudgetDimensionKind.Tag, "tenant"), new BudgetDimension(BudgetDimensionKind.Model)], tenant.PartitionBy);
        Assert.Equal(20m, tenant.Limit);
        Assert.Equal(TimeSpan.FromSeconds(2), tenant.MaxWait);
        Assert.Equal(Enforcement.Enforce, tenant.Enforcement);
    }

    [Fact]
    public void TwoBudgetsOfOneNameAreRefused()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => new CostTracker(Budget.Daily("day", 1m), Budget.Monthly("day", 10m)));
        Assert.Contains("'day'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a", "b/c", "a/b", "c")]
    [InlineData("a%2Fb", "c", "a/b", "c")]
    [InlineData("a/usd", "x", "a", "usd/x")]
    public void NoTwoAccountsShareAName(string budget, string key, string otherBudget, string otherKey)
    {
        string one = new BudgetBook(Budget.Daily(budget, 1m)).Account(BudgetUnit.Dollars, key);
        string other = new BudgetBook(Budget.Daily(otherBudget, 1m)).Account(BudgetUnit.Dollars, otherKey);
        Assert.NotEqual(one, other);
        Assert.True(AccountName.TryParse(one, out AccountName name));
        Assert.Equal((budget, key), (name.Budget, name.Key));
    }

    [Fact]
    public void ValuesOfSeveralDimensionsAreKeptApart()
    {
        var book = new BudgetBook(Budget.Daily("day", 1m).PerTag("a").PerTag("b"));
        string one = book.KeyOf(SpendRequests.Of(1m, tags: new Dictionary<string, string> { ["a"] = "x/y", ["b"] = "z" }));
        string other = book.KeyOf(SpendRequests.Of(1m, tags: new Dictionary<string, string> { ["a"] = "x", ["b"] = "y/z" }));
        Assert.NotEqual(one, other);
    }

    [Theory]
    [InlineData("http://localhost:11434", "llama3.2", true)]
    [InlineData("http://127.0.0.1:11434", "llama3.2:3b", true)]
    [InlineData("http://[::1]:11434", "llama3.2", true)]
    [InlineData("http://192.168.1.20:11434", "llama3.2", true)]
    [InlineData("http://10.0.0.5:11434", "llama3.2", true)]
    [InlineData("http://172.20.0.5:11434", "llama3.2", true)]
    [InlineData("http://172.32.0.5:11434", "llama3.2", false)]
    [InlineData("http://8.8.8.8:11434", "llama3.2", false)]
    [InlineData("https://ollama.com", "llama3.2", false)]
    [InlineData("http://localhost:11434", "gpt-oss:120b-cloud", false)]
    [InlineData("http://localhost:11434", "kimi-k2:cloud", false)]
    [InlineData("http://localhost.example.com:11434", "llama3.2", false)]
    public void OnlyALocalModelIsKnownToBeFree(string address, string model, bool isFree)
    {
        Assert.Equal(isFree, LocalModel.IsKnownFree("ollama", new Uri(address), model));
        Assert.False(LocalModel.IsKnownFree("openai", new Uri(address), model));
    }
}
