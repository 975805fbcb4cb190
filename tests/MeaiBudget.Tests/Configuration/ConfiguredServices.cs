using System.Text;
using System.Text.Json.Nodes;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace MeaiBudget.Tests;

/// <summary>Reads a configuration like an application, with a test provider instead of the provider packages.</summary>
internal static class ConfiguredServices
{
    /// <summary>A provider, two routes, a model and a budget without a mistake.</summary>
    public const string Good = """
        {
          "MeaiBudget": {
            "DefaultModel": "smart",
            "Providers": { "main": { "Type": "Scripted", "ApiKey": "sk-canary-0123456789" } },
            "Routes": {
              "gpt": { "Provider": "main", "Model": "gpt-4.1" },
              "mini": { "Provider": "main", "Model": "gpt-4.1-mini" }
            },
            "Models": { "smart": { "Route": "gpt", "Fallback": [ "mini" ] } },
            "Budgets": { "day": { "Limit": 20 } }
          }
        }
        """;

    public static ServiceProvider From(string json, IDictionary<string, string?>? variables = null, Action<MeaiBudgetBuilder>? configure = null)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(json));
        IConfigurationRoot configuration = new ConfigurationBuilder()
            .AddJsonStream(stream).AddInMemoryCollection(variables ?? new Dictionary<string, string?>()).Build();
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration);
        MeaiBudgetBuilder builder = services.AddMeaiBudget(configuration.GetSection("MeaiBudget")).AddProvider(new ScriptedProviderFactory());
        configure?.Invoke(builder);
        return services.BuildServiceProvider();
    }

    /// <summary>Gives every mistake that the configuration has.</summary>
    public static string[] MistakesOf(string json, IDictionary<string, string?>? variables = null, Action<MeaiBudgetBuilder>? configure = null)
    {
        using ServiceProvider services = From(json, variables, configure);
        try
        {
            _ = services.GetRequiredService<IOptionsMonitor<MeaiBudgetOptions>>().CurrentValue;
            return [];
        }
        catch (MeaiBudgetConfigurationException exception)
        {
            return [.. exception.Failures];
        }
    }

    /// <summary>The good configuration with one member of the section set to something else.</summary>
    public static string With(string section, string json, string document = Good)
    {
        JsonNode root = JsonNode.Parse(document)!;
        JsonObject parent = root["MeaiBudget"]!.AsObject();
        string[] path = section.Split(':');
        foreach (string part in path[..^1])
        {
            parent[part] ??= new JsonObject();
            parent = parent[part]!.AsObject();
        }

        parent[path[^1]] = JsonNode.Parse(json);
        return root.ToJsonString();
    }

    internal sealed class ScriptedProviderFactory : IChatProviderFactory
    {
        public string Type => "Scripted";

        public string ProviderName => "openai";

        public string? DefaultBaseUrl => "https://api.example.com";

        public string? ApiKeyName => "SCRIPTED_API_KEY";

        public bool RequiresApiKey => true;

        public int MaxForwardTags => 1;

        public IReadOnlyCollection<string> SpecificSettings => [nameof(ProviderSettings.Settings)];

        public IChatClient CreateClient(ChatProviderContext context) => new ScriptedChatClient(context.ModelId, ProviderName);
    }
}
