using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace MeaiBudget.Tests;

public sealed class PostgreSqlLedgerConfigurationTests
{
    [Fact]
    public async Task ConfigurationChoosesTheLedgerAndTwoApplicationsShareWhatIsSpent()
    {
        string name = $"configured-{Guid.NewGuid():N}";
        await using ServiceProvider first = ServicesFor(PostgreSqlServer.Get().ConnectionString, name);
        await using ServiceProvider second = ServicesFor(PostgreSqlServer.Get().ConnectionString, name);

        first.GetRequiredService<CostTracker>().Spend("dollar-a-thousand", 500, 0);

        Assert.Equal($"postgresql:{name}", first.GetRequiredService<ISpendLedger>().Name);
        Assert.Equal(0.50m, (await second.GetRequiredService<CostTracker>().GetStatusAsync("day")).Spent);
    }

    [Fact]
    public async Task WithoutAConnectionStringTheDataSourceOfTheServicesIsUsedAndLeftOpen()
    {
        await using var dataSource = NpgsqlDataSource.Create(PostgreSqlServer.Get().ConnectionString);
        string name = $"configured-{Guid.NewGuid():N}";
        await using (ServiceProvider services = ServicesFor(null, name, dataSource))
        {
            services.GetRequiredService<CostTracker>().Spend("dollar-a-thousand", 500, 0);
        }

        await using NpgsqlCommand command = dataSource.CreateCommand("SELECT count(*) FROM meaibudget.ledgers WHERE name = $1");
        command.Parameters.AddWithValue(name);
        Assert.Equal(1L, await command.ExecuteScalarAsync());
    }

    [Fact]
    public void ANameThatIsNoneIsSaidAndThePasswordIsNot()
    {
        using ServiceProvider services = ServicesFor("Host=localhost;Password=canary", "no such name");

        MeaiBudgetConfigurationException exception = Assert.Throws<MeaiBudgetConfigurationException>(() => services.GetRequiredService<CostTracker>());

        Assert.StartsWith("MeaiBudget:Ledger:Name: a ledger's name consists of", Assert.Single(exception.Failures), StringComparison.Ordinal);
        Assert.DoesNotContain("canary", exception.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=127.0.0.1;canary=canary;Password=canary", "The PostgreSQL connection string is invalid.")]
    [InlineData(null, "The ledger of the type PostgreSql has no connection.")]
    public void AConnectionThatCannotBeMadeIsSaidWithoutItsPassword(string? connectionString, string says)
    {
        using ServiceProvider services = ServicesFor(connectionString, "one");

        Exception exception = Assert.ThrowsAny<Exception>(() => services.GetRequiredService<CostTracker>());

        Assert.Contains(says, exception.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("canary", exception.ToString(), StringComparison.Ordinal);
    }

    private static ServiceProvider ServicesFor(string? connection, string? name, NpgsqlDataSource? dataSource = null)
    {
        IConfigurationRoot configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["MeaiBudget:Budgets:day:Limit"] = "10",
            ["MeaiBudget:Prices:dollar-a-thousand:Input"] = "1000",
            ["MeaiBudget:Prices:dollar-a-thousand:Output"] = "1000",
            ["MeaiBudget:Ledger:Type"] = "PostgreSql",
            ["MeaiBudget:Ledger:ConnectionString"] = connection,
            ["MeaiBudget:Ledger:Name"] = name,
        }).Build();
        var services = new ServiceCollection();
        if (dataSource is not null)
        {
            services.AddSingleton(dataSource);
        }

        services.AddMeaiBudget(configuration.GetSection("MeaiBudget")).AddPostgreSqlLedger();
        return services.BuildServiceProvider();
    }
}
