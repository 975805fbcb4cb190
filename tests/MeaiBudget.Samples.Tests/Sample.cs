using System.Reflection;

namespace MeaiBudget.Tests;

/// <summary>A built sample.</summary>
internal static class Sample
{
    private static readonly string Configuration =
        typeof(Sample).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    public static string PathOf(string name) => RepositoryFolder.PathOf("samples", name, "bin", Configuration, "net10.0", name + ".dll");

    /// <summary>Runs a console sample to its end, without any key, so that it uses the simulator.</summary>
    public static async Task<string> RunAsync(string name, IReadOnlyDictionary<string, string?>? environment = null)
    {
        CommandLine run = await CommandLine.RunAsync("dotnet", [PathOf(name)], Path.GetTempPath(), WithoutKeys(environment));
        return run.Succeeded().Output;
    }

    /// <summary>Removes the keys that a developer's machine may have.</summary>
    public static IReadOnlyDictionary<string, string?> WithoutKeys(IReadOnlyDictionary<string, string?>? environment = null) =>
        new Dictionary<string, string?>(environment ?? new Dictionary<string, string?>())
        {
            ["OPENAI_API_KEY"] = null,
            ["OpenAI__ApiKey"] = null,
            ["Anthropic__ApiKey"] = null,
            ["AZURE_PROVISIONED_ENDPOINT"] = null,
            ["AZURE_OPENAI_API_KEY"] = null,
        };
}
