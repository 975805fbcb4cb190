using System.CommandLine;

namespace MeaiBudget.Tool;

/// <summary>The command <c>demo</c>: shows typical situations of calls in a complete pipeline, with their cost.</summary>
internal static class DemoCommand
{
    /// <summary>Creates the command.</summary>
    /// <param name="environment">Returns the value of an environment variable; null for the variables of the process.</param>
    internal static Command Create(Func<string, string?>? environment = null)
    {
        environment ??= Environment.GetEnvironmentVariable;
        var live = new Option<bool>("--live")
        {
            Description = "Use the real providers of the environment variables (OPENAI_API_KEY, ANTHROPIC_API_KEY, LITELLM_BASE_URL, an Ollama at OLLAMA_HOST). Costs less than a cent.",
        };
        var json = new Option<bool>("--json") { Description = "Print the same as one JSON value." };
        var command = new Command(
            "demo",
            "Runs a scripted demo through a complete pipeline, with the real SDKs and a simulator of the four providers: answers, an outage, a budget that blocks. Exit code 0 only if every step went as expected and the money adds up.")
        {
            live,
            json,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            environment, parsed.GetValue(live), parsed.GetValue(json), parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        Func<string, string?> environment, bool isLive, bool isJson, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        DemoStage opened;
        try
        {
            opened = isLive ? await LiveDemoStage.FindAsync(environment, cancellationToken) : await SimulatedDemoStage.StartAsync();
        }
        catch (ProviderConfigurationException exception)
        {
            await error.WriteLineAsync(exception.Message);
            return 2;
        }

        await using DemoStage stage = opened;
        if (stage.Routes.Count == 0)
        {
            await error.WriteLineAsync(LiveDemoStage.NothingFound);
            return 2;
        }

        var view = DemoView.For(output, isJson);
        DemoReport report = await view.ShowAsync(shown => new DemoStory(stage).PlayAsync(shown, cancellationToken), stage);
        return report.Succeeded ? 0 : 1;
    }
}
