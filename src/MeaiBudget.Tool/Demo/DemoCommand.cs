using System.CommandLine;

namespace MeaiBudget.Tool;

/// <summary>The verb <c>demo</c>: plays what can happen to calls through the whole pipeline, and what it costs.</summary>
internal static class DemoCommand
{
    /// <summary>Makes the verb.</summary>
    /// <param name="environment">Gives the value of an environment variable; the process's own by default.</param>
    internal static Command Create(Func<string, string?>? environment = null)
    {
        environment ??= Environment.GetEnvironmentVariable;
        var live = new Option<bool>("--live")
        {
            Description = "Ask the real providers that the environment names (OPENAI_API_KEY, ANTHROPIC_API_KEY, LITELLM_BASE_URL, an Ollama at OLLAMA_HOST). Costs less than a cent.",
        };
        var json = new Option<bool>("--json") { Description = "Print the same as one JSON value." };
        var command = new Command(
            "demo",
            "Plays a story through the whole pipeline, on the real SDKs against a simulator of the four providers: answers, an outage, a budget that blocks. Exit code 0 only if every step went as told and the money adds up.")
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

        DemoView view = DemoView.For(output, isJson);
        DemoReport report = await view.ShowAsync(shown => new DemoStory(stage).PlayAsync(shown, cancellationToken), stage);
        return report.Succeeded ? 0 : 1;
    }
}
