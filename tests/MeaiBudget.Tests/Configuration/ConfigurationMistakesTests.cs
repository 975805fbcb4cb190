using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace MeaiBudget.Tests;

public sealed class ConfigurationMistakesTests
{
    /// <summary>Gets the member to set, its value, the path of the mistake, and the expected part of the message.</summary>
    public static TheoryData<string, string, string, string> Mistakes => new()
    {
        // Names that nothing has.
        { "Budgts", "{}", "Budgts", "there is no such setting. Did you mean 'Budgets'?" },
        { "Budgets:day:Limitt", "3", "Budgets:day:Limitt", "Did you mean 'Limit'?" },
        { "Routes:gpt:Modell", "\"x\"", "Routes:gpt:Modell", "Did you mean 'Model'?" },
        { "Ledger", "{ \"Filename\": \"x\" }", "Ledger:Filename", "Known settings: Type, Path, ConnectionString" },

        // Values that cannot be read.
        { "Budgets:day:Limit", "\"20 USD\"", "Budgets:day:Limit", "'20 USD' is not a number. Write 20, without currency" },
        { "Budgets:day:Limit", "\"$1,000\"", "Budgets:day:Limit", "Write 1000," },
        { "Budgets:day:Limit", "\"1 000\"", "Budgets:day:Limit", "Write 1000," },
        { "Budgets:day:Limit", "\"1'000.50\"", "Budgets:day:Limit", "Write 1000.50," },
        { "Budgets:day:Limit", "1e30", "Budgets:day:Limit", "'1e30' is too large." },
        { "Budgets", "{ \" \": { \"Limit\": 1 } }", "Budgets", "has an entry with an empty name." },
        { "Budgets:day:Limit", "\"0,5\"", "Budgets:day:Limit", "Write 0.5," },
        { "Budgets:day:Limit", "\"twenty\"", "Budgets:day:Limit", "is not a number. Write digits" },
        { "Budgets:day:Limit", "-3", "Budgets:day:Limit", "'-3' is too small. The minimum is 0." },
        { "Budgets:day:Limit", "\"\"", "Budgets:day:Limit", "'' is not a number." },
        { "Budgets:day:TokenLimit", "1.5", "Budgets:day:TokenLimit", "is not a whole number." },
        { "Budgets:day:Period", "\"Dayly\"", "Budgets:day:Period", "is not one of Hour, Day, Week, Month, Rolling, Run. Did you mean 'Day'?" },
        { "Budgets:day:Enforcement", "\"2\"", "Budgets:day:Enforcement", "is not one of Observe, Warn, Enforce." },
        { "Budgets:day:MaxWait", "\"30\"", "Budgets:day:MaxWait", "Write hours:minutes:seconds, for seconds \"00:00:30\"." },
        { "Budgets:day:MaxWait", "\"02:00:00\"", "Budgets:day:MaxWait", "is too large. The maximum is 01:00:00." },
        { "Budgets:day:PartitionBy", "[ \"tenant\" ]", "Budgets:day:PartitionBy:0", "unknown partition 'tenant'. Use model, provider, route, class or tag:NAME." },
        { "Budgets:day:PartitionBy", "\"model\"", "Budgets:day:PartitionBy", "must be a list, not a single value. Write [\"model\"]." },
        { "Budgets:day", "20", "Budgets:day", "must be an object { ... }, not a single value." },
        { "Retry:MaxRetries", "[ 1 ]", "Retry:MaxRetries", "must be a whole number, not an object or a list." },
        { "Retry:RetryAmbiguous", "\"yes\"", "Retry:RetryAmbiguous", "is not a boolean. Write true or false." },
        { "DefaultTemperature", "3", "DefaultTemperature", "is too large. The maximum is 2." },
        { "Admission:Lease", "\"00:00:10\"", "Admission:Lease", "is too small. The minimum is 00:01:00." },
        { "Retry:AttemptTimeout", "\"50.00:00:00\"", "Retry:AttemptTimeout", "is too large. The maximum is 49.00:00:00." },

        // Options that contradict each other.
        { "Retry:MaxDelay", "\"00:00:00.1\"", "Retry:MaxDelay", "'00:00:00.1000000' is out of range. The value must be at least BaseDelay, which is 00:00:00.5000000." },
        { "Admission:WrapUpInstruction", "\" \"", "Admission:WrapUpInstruction", "The value must be a text that is not blank." },

        // Providers.
        { "Providers:main:Type", "\"OpenAI\"", "Providers:main:Type", "Install the package MeaiBudget.OpenAI and add .AddOpenAI() after AddMeaiBudget(...)." },
        { "Providers:main:Type", "\"OpenAPI\"", "Providers:main:Type", "there is no provider type 'OpenAPI'. Did you mean 'OpenAI'?" },
        { "Providers:main", "{ \"ApiKey\": \"x\" }", "Providers:main:Type", "no type is set. Write one of \"Scripted\", \"OpenAI\"" },
        { "Providers:main:ApiKey", "null", "Providers:main:ApiKey", "Set the environment variable MeaiBudget__Providers__main__ApiKey or SCRIPTED_API_KEY, or run: dotnet user-secrets set \"MeaiBudget:Providers:main:ApiKey\" \"...\"" },
        { "Providers:main:ApiKey", "\"sk-canary \"", "Providers:main:ApiKey", "the API key contains a space" },
        { "Providers:main:BaseUrl", "\"api.example.com\"", "Providers:main:BaseUrl", "is not an http or https URL" },
        { "Providers:main:ContextLength", "4096", "Providers:main:ContextLength", "the provider type Scripted does not use this setting. Remove it." },

        { "Providers:main:ForwardTags", "[ \"tenant\", \"user\" ]", "Providers:main:ForwardTags", "2 tags are listed, but the provider type Scripted forwards at most 1." },

        // Routes, classes, models.
        { "Routes:gpt:Provider", "\"man\"", "Routes:gpt:Provider", "there is no provider 'man'. Did you mean 'main'?" },
        { "Routes:gpt", "{ \"Model\": \"gpt-4.1\" }", "Routes:gpt:Provider", "no provider is set. Write the name of a provider. Known names: 'main'." },
        { "Routes:gpt", "{ \"Provider\": \"main\" }", "Routes:gpt:Model", "no model is set." },
        { "Classes", "{ \"large\": [] }", "Classes:large", "the class has no routes." },
        { "Classes", "{ \"large\": [ \"gbt\" ] }", "Classes:large:0", "there is no route 'gbt'. Did you mean 'gpt'?" },
        { "Classes", "{ \"large\": [ \"gpt\", \"gpt\" ] }", "Classes:large:1", "is listed twice in this class" },
        { "Classes", "{ \"large\": [ \"gpt\" ], \"small\": [ \"gpt\" ] }", "Classes:small:0", "is already in class 'large'" },
        { "Models:smart:Route", "\"gtp\"", "Models:smart:Route", "there is no route 'gtp'. Did you mean 'gpt'?" },
        { "Models:smart", "{}", "Models:smart", "the model has no route." },
        { "Models:smart", "{ \"Class\": \"huge\" }", "Models:smart:Class", "there is no class 'huge'." },
        { "Models:smart:Fallback", "[ \"mini\", \"mini\" ]", "Models:smart:Fallback:1", "'mini' is already tried before." },
        { "Models:smart:Fallback", "[ \"gpt\" ]", "Models:smart:Fallback:0", "'gpt' is already tried before." },
        { "Models:smart:Fallback", "[ \"nobody\" ]", "Models:smart:Fallback:0", "there is neither a route nor a model 'nobody'." },
        { "Models:smart:Fallback", "[ \"smart\" ]", "Models:smart:Fallback", "the fallbacks form a cycle: smart -> smart." },
        { "Models", "{ \"smart\": { \"Route\": \"gpt\", \"Fallback\": [ \"b\" ] }, \"b\": { \"Route\": \"mini\", \"Fallback\": [ \"smart\" ] } }", "Models:smart:Fallback", "the fallbacks form a cycle: b -> smart -> b." },
        { "Models", "{ \"gpt\": { \"Route\": \"mini\" }, \"smart\": { \"Route\": \"mini\", \"Fallback\": [ \"gpt\" ] } }", "Models:smart:Fallback:0", "'gpt' is the name of a route and of a model." },
        { "Models", "{ \"a\": { \"Route\": \"mini\" } }", "DefaultModel", "there is no model 'smart'. Known names: 'a'." },
        { "DefaultModel", "\"smrt\"", "DefaultModel", "there is no model 'smrt'. Did you mean 'smart'?" },
        { "Models", "{}", "DefaultModel", "there is no model 'smart'. Add it: \"Models\": { \"smart\": { \"Route\": \"...\" } }." },

        // Budgets.
        { "Budgets:day:Limit", "2000000", "Budgets:day:Limit", "a limit of 2000000 US dollars a day is unusually high. For tokens write \"TokenLimit\": 2000000; if you mean US dollars, add \"AllowLargeLimit\": true." },
        { "Budgets:day", "{ \"Period\": \"Day\" }", "Budgets:day:Limit", "the budget has no limit to enforce." },
        { "Budgets:run", "{ \"Period\": \"Run\", \"Limit\": 50 }", "Budgets:run:Limit", "a limit of 50 US dollars a run has no effect, because budget 'day' allows only 20 US dollars a day." },
        { "Budgets:hour", "{ \"Period\": \"Hour\", \"Limit\": 21 }", "Budgets:hour:Limit", "a limit of 21 US dollars an hour has no effect" },
        { "Budgets:roll", "{ \"Period\": \"Rolling\", \"Limit\": 1 }", "Budgets:roll:Span", "a rolling budget needs a span" },
        { "Budgets:day:Span", "\"01:00:00\"", "Budgets:day:Span", "only a rolling budget has a span." },
        { "Budgets:day:TimeZone", "\"Europe/Berln\"", "Budgets:day:TimeZone", "there is no time zone 'Europe/Berln'. Did you mean 'Europe/Berlin'?" },
        { "Budgets:day:UnknownPrice", "\"AssumePrice\"", "Budgets:day:AssumedPrice", "\"UnknownPrice\": \"AssumePrice\" needs a price." },

        // Prices and the ledger.
        { "Prices", "{ \"gpt-4.1\": { \"Input\": 2 } }", "Prices:gpt-4.1", "\"Output\" is missing." },
        { "Prices", "{ \"gpt-4.1\": { \"Input\": 2000001, \"Output\": 1 } }", "Prices:gpt-4.1:Input", "is too large. The maximum is 1000000." },
        { "Prices", "{ \"llama3.2:3b\": { \"Input\": 0, \"Output\": 0 } }", "Prices:llama3.2:3b", "The name of an entry cannot contain a colon." },
        { "PriceFile", "\"nowhere.json\"", "PriceFile", "nowhere.json" },
        { "Routes:gpt:Model", "\"my-finetune\"", "Routes:gpt:Model", "no price is known for 'my-finetune', so the budget 'day' would refuse every call of this route. Add the provider's US dollars per million tokens to MeaiBudget: \"Prices\": { \"my-finetune\": { \"Input\": 0.00, \"Output\": 0.00 } }" },
        { "Routes:gpt:Model", "\"mine:3b\"", "Routes:gpt:Model", "\"Prices\": { \"gpt\": { \"Model\": \"mine:3b\", \"Input\": 0.00, \"Output\": 0.00 } }" },
        { "Ledger:Type", "\"Sqlite\"", "Ledger:Type", "Install the package MeaiBudget.Sqlite and add .AddSqliteLedger() after AddMeaiBudget(...)." },
        { "Ledger:Type", "\"SqlLite\"", "Ledger:Type", "there is no ledger type 'SqlLite'. Did you mean 'Sqlite'?" },
        { "Ledger:Path", "\"spend.db\"", "Ledger:Path", "the ledger type InMemory does not use this setting." },
    };

    [Theory, MemberData(nameof(Mistakes))]
    public void EveryMistakeHasItsPathAndSaysWhatToWrite(string member, string value, string path, string says)
    {
        string mistake = Assert.Single(ConfiguredServices.MistakesOf(ConfiguredServices.With(member, value)));

        Assert.StartsWith($"MeaiBudget:{path}: ", mistake, StringComparison.Ordinal);
        Assert.Contains(says, mistake, StringComparison.Ordinal);
    }

    [Fact]
    public void AConfigurationWithoutAMistakeHasNone() => Assert.Empty(ConfiguredServices.MistakesOf(ConfiguredServices.Good));

    [Theory]
    [InlineData("Budgets:day:AllowLargeLimit", "true", "Budgets:day:Limit", "2000000")]
    [InlineData("Budgets:month", "{ \"Period\": \"Month\", \"Limit\": 500000 }", "Budgets:day:Limit", "90000")]
    [InlineData("Routes:gpt:Model", "\"my-finetune\"", "Prices", "{ \"my-finetune\": { \"Input\": 1, \"Output\": 2 } }")]
    [InlineData("Routes:gpt:Model", "\"my-finetune\"", "Prices", "{ \"smart\": { \"Input\": 1, \"Output\": 2 } }")]
    [InlineData("Routes:gpt:Model", "\"my-finetune\"", "Routes:gpt:Local", "true")]
    [InlineData("Routes:gpt:Model", "\"my-finetune\"", "Budgets:day:Enforcement", "\"Observe\"")]
    [InlineData("Routes:gpt:Model", "\"my-finetune\"", "Budgets:day:UnknownPrice", "\"AllowUnpriced\"")]
    [InlineData("Routes:gpt:Model", "\"my-finetune\"", "Budgets", "{ \"day\": { \"Limit\": 1, \"UnknownPrice\": \"AssumePrice\", \"AssumedPrice\": { \"Input\": 1, \"Output\": 2 } } }")]
    [InlineData("DefaultTemperature", "null", "LargestPriceChange", "null")]
    [InlineData("Providers:main:ApiKey", "null", "Providers:main:ApiKey", "\"sk-other\"")]
    [InlineData("Budgets:run", "{ \"Period\": \"Run\", \"Limit\": 50, \"PartitionBy\": [ \"tag:tenant\" ] }", "Budgets:day:PartitionBy", "[ \"model\" ]")]
    public void WhatCanBeMeantIsNoMistake(string member, string value, string otherMember, string otherValue)
    {
        Assert.Empty(ConfiguredServices.MistakesOf(ConfiguredServices.With(otherMember, otherValue, ConfiguredServices.With(member, value))));
    }

    [Theory]
    [InlineData("{ \"fast\": { \"Route\": \"mini\" }, \"smart\": { \"Route\": \"gpt\" } }", "DefaultModel", "no default model is set. Write one of \"fast\", \"smart\".")]
    [InlineData("{}", "Models", "there are routes, but no models. Add one: \"Models\": { \"default\": { \"Route\": \"gpt\" } }.")]
    public void WithoutADefaultThereIsOneModel(string models, string path, string says)
    {
        string json = ConfiguredServices.With("Models", models, ConfiguredServices.With("DefaultModel", "null"));

        Assert.Equal($"MeaiBudget:{path}: ", Assert.Single(ConfiguredServices.MistakesOf(json))[..(path.Length + 13)]);
        Assert.Contains(says, Assert.Single(ConfiguredServices.MistakesOf(json)), StringComparison.Ordinal);
    }

    [Fact]
    public void AModelHasARouteOrAClass() => Assert.Contains(
        "MeaiBudget:Models:smart: the model has both a Route and a Class.",
        Assert.Single(ConfiguredServices.MistakesOf(ConfiguredServices.With("Classes", "{ \"large\": [ \"gpt\" ] }", ConfiguredServices.With("Models:smart:Class", "\"large\"")))),
        StringComparison.Ordinal);

    [Fact]
    public void AllMistakesAreListedAtOnceOneALine()
    {
        const string Json = """
            { "MeaiBudget": {
                "Providers": { "main": { "Type": "OpenAI" } },
                "Routes": { "gpt": { "Provider": "man", "Model": "gpt-4.1" } },
                "Models": { "smart": { "Route": "gpt", "Fallbacks": [ "x" ] } },
                "Budgets": { "day": { "Limit": "20 USD", "TimeZone": "Mars" } } } }
            """;
        using ServiceProvider services = ConfiguredServices.From(Json);

        MeaiBudgetConfigurationException exception = Assert.Throws<MeaiBudgetConfigurationException>(() => services.GetRequiredKeyedService<IChatClient>("smart"));

        Assert.Equal("MeaiBudget", exception.Section);
        Assert.StartsWith("The configuration section 'MeaiBudget' has 5 mistakes:" + Environment.NewLine + "  MeaiBudget:", exception.Message, StringComparison.Ordinal);
        Assert.Equal(6, exception.Message.Split(Environment.NewLine).Length);
        Assert.All(["Budgets:day:Limit", "Models:smart:Fallbacks", "Providers:main:Type", "Routes:gpt:Provider", "Budgets:day:TimeZone"],
            path => Assert.Contains($"  MeaiBudget:{path}: ", exception.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task AHostDoesNotStartWithMistakes()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration["MeaiBudget:Budgets:day:Limit"] = "-1";
        builder.Services.AddMeaiBudget(builder.Configuration.GetSection("MeaiBudget"));
        using IHost host = builder.Build();

        MeaiBudgetConfigurationException exception = await Assert.ThrowsAsync<MeaiBudgetConfigurationException>(() => host.StartAsync());

        Assert.Equal("MeaiBudget:Budgets:day:Limit: '-1' is too small. The minimum is 0.", Assert.Single(exception.Failures));
    }

    [Fact]
    public void ASectionThatIsNotThereIsAMistake() =>
        Assert.Contains("the section does not exist or is empty. Add it", Assert.Single(ConfiguredServices.MistakesOf("{ \"MeaiBuget\": {} }")), StringComparison.Ordinal);

    [Fact]
    public void BudgetsAloneAreEnough()
    {
        using ServiceProvider services = ConfiguredServices.From("{ \"MeaiBudget\": { \"Budgets\": { \"day\": { \"Limit\": 2 } } } }");

        Assert.Equal(2m, Assert.Single(services.GetRequiredService<CostTracker>().Budgets).Limit);
        Assert.Null(services.GetService<IChatClient>());
        Assert.Empty(services.GetServices<ChatRoute>());
    }

    [Fact]
    public void TheProvidersUsualVariableGivesTheKey() =>
        Assert.Empty(ConfiguredServices.MistakesOf(
            ConfiguredServices.With("Providers:main:ApiKey", "null"), new Dictionary<string, string?> { ["SCRIPTED_API_KEY"] = "sk-canary" }));

    [Fact]
    public void ALimitThatCannotBeReadIsNoLimitThatIsMissing() =>
        Assert.Equal(
            "MeaiBudget:Budgets:day:TokenLimit: 'many' is not a whole number. Write digits only.",
            Assert.Single(ConfiguredServices.MistakesOf(ConfiguredServices.With("Budgets:day", "{ \"TokenLimit\": \"many\" }"))));

    [Fact]
    public void ValuesFromTheEnvironmentAreCheckedAlike() =>
        Assert.Equal(
            "MeaiBudget:Budgets:day:Limit: 'lots' is not a number. Write digits, with a point for decimals.",
            Assert.Single(ConfiguredServices.MistakesOf(ConfiguredServices.Good, new Dictionary<string, string?> { ["MeaiBudget:Budgets:day:Limit"] = "lots" })));

    [Theory]
    [InlineData("Providers:main:Timeout")]
    [InlineData("Providers:main:Type")]
    [InlineData("Providers:main:BaseUrl")]
    [InlineData("Budgets:day:Limit")]
    [InlineData("Budgets:day:PartitionBy")]
    [InlineData("Ledger:Type")]
    [InlineData("Routes:gpt:Provider")]
    [InlineData("Routes:gpt:Model")]
    [InlineData("Models:smart:Route")]
    [InlineData("DefaultModel")]
    public void AKeyInTheWrongPlaceIsNotRepeated(string member)
    {
        const string Key = "sk-proj-canary0123456789abcdefghijklmnopqrstuv";

        string[] mistakes = ConfiguredServices.MistakesOf(ConfiguredServices.With(member, $"\"{Key}\""));

        Assert.NotEmpty(mistakes);
        Assert.DoesNotContain(mistakes, mistake => mistake.Contains("canary", StringComparison.Ordinal));
    }

    [Fact]
    public void AKeyIsInNoMistakeOfItsOwn()
    {
        string[] mistakes = ConfiguredServices.MistakesOf(ConfiguredServices.With("Providers:main:ApiKey", "\"sk-canary with blanks\""));

        Assert.DoesNotContain("canary", Assert.Single(mistakes), StringComparison.Ordinal);
    }

    [Fact]
    public void ASecondCallIsRefused()
    {
        var services = new ServiceCollection();
        IConfigurationSection section = new Microsoft.Extensions.Configuration.ConfigurationBuilder().Build().GetSection("MeaiBudget");
        services.AddMeaiBudget(section);

        Assert.Throws<InvalidOperationException>(() => services.AddMeaiBudget(section));
    }

    [Fact]
    public void PlatformOptionsAreCheckedToo()
    {
        using ServiceProvider services = ConfiguredServices.From(ConfiguredServices.With("Budgets:day:Limit", "-1"));

        Assert.ThrowsAny<OptionsValidationException>(() => services.GetRequiredService<IOptions<MeaiBudgetOptions>>().Value);
    }
}
