using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace MeaiBudget.Tests;

/// <summary>What docs/configuration.md shows is read by the code that it speaks of.</summary>
public sealed partial class ConfigurationPageTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("meaibudget").FullName;

    [Fact]
    public async Task TheCompleteExampleIsReadWithoutAMistake()
    {
        await using ServiceProvider services = ServicesFor(Example());

        MeaiBudgetOptions options = services.GetRequiredService<IOptionsMonitor<MeaiBudgetOptions>>().CurrentValue;

        Assert.Equal((3, 4, 2, 3), (options.Providers.Count, options.Routes.Count, options.Models.Count, options.Budgets.Count));
        Assert.Equal(["day", "run", "tenant"], services.GetRequiredService<CostTracker>().Budgets.Select(budget => budget.Name));
        Assert.IsType<SqliteSpendLedger>(services.GetRequiredService<ISpendLedger>());
        Assert.NotNull(services.GetRequiredKeyedService<IChatClient>("fast").GetService<FallbackChatClient>());
        Assert.Equal(
            ["mini", "llama", "gpt", "claude"],
            services.GetRequiredKeyedService<IChatClient>("fast").GetService<FallbackChatClient>()!.Routes.Select(route => route.Name));
        Assert.Equal(1.80m, services.GetRequiredService<PriceCatalog>().Resolve("gpt-4.1").Price?.InputPerMillion);
    }

    [Fact]
    public void TheExampleHasEverySection()
    {
        JsonElement section = JsonElement.Parse(Example()).GetProperty("MeaiBudget");

        Assert.Equal(
            typeof(MeaiBudgetOptions).GetProperties().Select(property => property.Name)
                .Except([nameof(MeaiBudgetOptions.PriceFile), nameof(MeaiBudgetOptions.LargestPriceChange)]).Order(),
            section.EnumerateObject().Select(member => member.Name).Order());
    }

    [Fact]
    public void TheMistakesThatThePageShowsAreWhatIsSaid()
    {
        const string Json = """
            { "MeaiBudget": {
                "Providers": { "main": { "Type": "OpenAI" } },
                "Routes": { "gpt": { "Provider": "man", "Model": "gpt-4.1" } },
                "Models": { "smart": { "Route": "gpt", "Fallbacks": [ "x" ] } },
                "Budgets": { "day": { "Limit": "20 USD", "TimeZone": "Europe/Berln" } } } }
            """;
        string shown = Blocks().Single(block => block.Groups["code"].Value.Contains("has 5 mistakes", StringComparison.Ordinal)).Groups["code"].Value;
        var services = new ServiceCollection();
        services.AddMeaiBudget(ConfigurationOf(Json).GetSection("MeaiBudget"));
        using ServiceProvider provider = services.BuildServiceProvider();

        MeaiBudgetConfigurationException exception = Assert.Throws<MeaiBudgetConfigurationException>(() => provider.GetRequiredService<CostTracker>());

        Assert.Equal(shown.ReplaceLineEndings("\n").Trim().Split('\n').Order(), exception.Message.ReplaceLineEndings("\n").Split('\n').Order());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static ServiceProvider ServicesFor(string json)
    {
        var services = new ServiceCollection();
        IConfiguration configuration = ConfigurationOf(json);
        services.AddSingleton(configuration);
        services.AddMeaiBudget(configuration.GetSection("MeaiBudget")).AddOpenAI().AddAnthropic().AddOllama().AddSqliteLedger();
        return services.BuildServiceProvider();
    }

    private static IConfigurationRoot ConfigurationOf(string json) => new ConfigurationBuilder()
        .AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json)))
        .AddInMemoryCollection(new Dictionary<string, string?> { ["OPENAI_API_KEY"] = "sk-one", ["ANTHROPIC_API_KEY"] = "sk-two" })
        .Build();

    private string Example() => Blocks().Single(block => block.Groups["language"].Value == "json").Groups["code"].Value
        .Replace("spend.db", Path.Combine(_folder, "spend.db").Replace('\\', '/'), StringComparison.Ordinal);

    private static MatchCollection Blocks() => CodeBlock().Matches(File.ReadAllText(PagePath()));

    private static string PagePath()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "MeaiBudget.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder!.FullName, "docs", "configuration.md");
    }

    [GeneratedRegex("```(?<language>\\w*)\\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();
}
