using MeaiBudget.Testing;

namespace MeaiBudget.Tests;

/// <summary>The README's web application, built only from the packages, works as described.</summary>
public sealed class NewUserTests(PackedPackages packages)
{
    [Fact]
    public async Task TheReadmesWebAppAnswersRefusesAndServesOthers()
    {
        if (!CommandLine.Exists("bash") || !CommandLine.Exists("curl"))
        {
            Assert.Skip("The script of a new user's steps needs bash and curl.");
        }

        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.OpenAI.Default = FailsAt(SimulatedResponse.Text("Rome.").WithUsage(50, 450), "outage", "blackout");
        simulator.Anthropic.Default = FailsAt(SimulatedResponse.Text("Rome, says another.").WithUsage(50, 40), "blackout");
        simulator.Ollama.Default = SimulatedResponse.Text("Rome, I guess.").WithUsage(50, 40);

        CommandLine run = await CommandLine.RunAsync(
            "bash",
            [RepositoryFolder.PathOf("tests", "new-user", "run.sh"), packages.Folder, packages.NewFolder("new-user")],
            packages.Folder,
            new Dictionary<string, string?>
            {
                ["OPENAI_URL"] = simulator.OpenAIBaseUrl.ToString(),
                ["ANTHROPIC_URL"] = simulator.AnthropicBaseUrl.ToString(),
                ["OLLAMA_URL"] = simulator.OllamaBaseUrl.ToString(),
            });

        Assert.Contains("A new user's app answers, refuses and serves others.", run.Succeeded().Output, StringComparison.Ordinal);
    }

    private static SimulatedResponse FailsAt(SimulatedResponse answer, params string[] words) => SimulatedResponse.From(
        request => words.Any(word => request.BodyText.Contains(word, StringComparison.Ordinal)) ? SimulatedResponse.Overloaded() : answer);
}
