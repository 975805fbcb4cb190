using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace MeaiBudget.Tests;

public sealed class RedisLedgerConfigurationTests
{
    [Fact]
    public async Task ConfigurationChoosesTheLedgerAndTwoApplicationsShareWhatIsSpent()
    {
        string name = $"configured-{Guid.NewGuid():N}";
        using ServiceProvider first = ServicesFor(RedisServer.Get(RedisServerKind.Garnet).Configuration, name);
        await using ServiceProvider second = ServicesFor(RedisServer.Get(RedisServerKind.Garnet).Configuration, name);

        first.GetRequiredService<CostTracker>().Spend("dollar-a-thousand", 500, 0);

        Assert.Equal($"redis:{name}", first.GetRequiredService<ISpendLedger>().Name);
        Assert.Equal(0.50m, (await second.GetRequiredService<CostTracker>().GetStatusAsync("day")).Spent);
    }

    [Fact]
    public async Task OneSettingLeasesFromTheServer()
    {
        string name = $"configured-{Guid.NewGuid():N}";
        await using ServiceProvider leased = ServicesFor(RedisServer.Get(RedisServerKind.Redis).Configuration, name, leases: "true");

        leased.GetRequiredService<CostTracker>().Spend("dollar-a-thousand", 500, 0);

        Assert.IsType<LeasedSpendLedger>(leased.GetRequiredService<ISpendLedger>());
        Assert.IsType<RedisSpendLedger>(leased.GetRequiredService<ISpendHistory>());
        Assert.Equal(0.50m, (await leased.GetRequiredService<CostTracker>().GetStatusAsync("day")).Spent);
    }

    [Theory]
    [InlineData("", null, "ConnectionString: there is no connection string.")]
    [InlineData("localhost,password=canary", "no such name", "Name: a ledger's name consists of")]
    public void MistakesAreSaidAndThePasswordIsNot(string connection, string? name, string says)
    {
        using ServiceProvider services = ServicesFor(connection, name);

        MeaiBudgetConfigurationException exception = Assert.Throws<MeaiBudgetConfigurationException>(() => services.GetRequiredService<CostTracker>());

        Assert.StartsWith($"MeaiBudget:Ledger:{says}", Assert.Single(exception.Failures), StringComparison.Ordinal);
        Assert.DoesNotContain("canary", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void AConnectionStringThatCannotBeReadIsNotRepeated()
    {
        using ServiceProvider services = ServicesFor("localhost,canary=canary,defaultDatabase=canary", "one");

        Exception exception = Assert.ThrowsAny<Exception>(() => services.GetRequiredService<CostTracker>());

        Assert.DoesNotContain("canary", exception.ToString(), StringComparison.Ordinal);
    }

    private static ServiceProvider ServicesFor(string connection, string? name, string? leases = null)
    {
        IConfigurationRoot configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["MeaiBudget:Budgets:day:Limit"] = "10",
            ["MeaiBudget:Prices:dollar-a-thousand:Input"] = "1000",
            ["MeaiBudget:Prices:dollar-a-thousand:Output"] = "1000",
            ["MeaiBudget:Ledger:Type"] = "Redis",
            ["MeaiBudget:Ledger:Leases"] = leases,
            ["MeaiBudget:Ledger:ConnectionString"] = connection,
            ["MeaiBudget:Ledger:Name"] = name,
        }).Build();
        var services = new ServiceCollection();
        services.AddMeaiBudget(configuration.GetSection("MeaiBudget")).AddRedisLedger();
        return services.BuildServiceProvider();
    }
}
