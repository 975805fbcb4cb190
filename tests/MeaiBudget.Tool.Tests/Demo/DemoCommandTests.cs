using System.CommandLine;
using System.Text.Json;
using MeaiBudget.Testing;
using MeaiBudget.Tool;

namespace MeaiBudget.Tests;

public sealed class DemoCommandTests
{
    [Fact]
    public async Task TheDemoPlaysAsToldAndReadsWellInAPipe()
    {
        (int exitCode, string output, string error) = await RunAsync(_ => null, "demo");

        Assert.Equal((0, ""), (exitCode, error));
        Assert.DoesNotContain('\u001b', output);
        Assert.Contains("Every step went as expected.", output, StringComparison.Ordinal);
        Assert.Contains("to the nano-dollar", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheDemosFiguresAddUpToTheNanoDollar()
    {
        (int exitCode, string output, _) = await RunAsync(_ => null, "demo", "--json");
        var report = JsonElement.Parse(output);
        JsonElement[] steps = [.. report.GetProperty("steps").EnumerateArray()];

        Assert.Equal(0, exitCode);
        Assert.Equal(
            ["openai", "openai", "openai", "anthropic", "litellm", "ollama"],
            steps.Select(step => step.GetProperty("answeredBy").GetString()));
        Assert.Equal([1, 1, 2, 4, 7, 4], steps.Select(step => step.GetProperty("attempts").GetArrayLength()));
        Assert.All(steps, step => Assert.True(step.GetProperty("wentAsTold").GetBoolean()));
        Assert.True(steps[2].GetProperty("attempts")[1].GetProperty("waitedSeconds").GetDouble() >= 1.0);
        Assert.All(steps.Where(step => step.GetProperty("settled").GetDecimal() > 0m), step =>
            Assert.True(step.GetProperty("reserved").GetDecimal() >= step.GetProperty("settled").GetDecimal()));

        decimal settled = steps.Sum(step => step.GetProperty("settled").GetDecimal());
        Assert.True(settled > 0m);
        Assert.Equal(settled, steps.SelectMany(step => step.GetProperty("attempts").EnumerateArray()).Sum(attempt => attempt.GetProperty("settled").GetDecimal()));
        Assert.Equal(settled, report.GetProperty("settled").GetDecimal());
        Assert.Equal(settled, report.GetProperty("spendByModel").EnumerateArray().Sum(model => model.GetProperty("spent").GetDecimal()));
        JsonElement[] budgets = [.. report.GetProperty("budgets").EnumerateArray()];
        Assert.Equal(2, budgets.Length);
        Assert.All(budgets, budget => Assert.Equal((settled, 0m), (budget.GetProperty("spent").GetDecimal(), budget.GetProperty("held").GetDecimal())));
    }

    [Fact]
    public async Task LiveAsksTheProvidersThatTheEnvironmentNames()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.Ollama.OnlyModels("llama3.2:latest");
        var environment = new Dictionary<string, string?>
        {
            ["OPENAI_API_KEY"] = "sk-one",
            ["OPENAI_BASE_URL"] = simulator.OpenAIBaseUrl.ToString(),
            ["ANTHROPIC_API_KEY"] = "sk-two",
            ["ANTHROPIC_BASE_URL"] = simulator.AnthropicBaseUrl.ToString(),
            ["LITELLM_BASE_URL"] = simulator.LiteLLMBaseUrl.ToString(),
            ["OLLAMA_HOST"] = simulator.OllamaBaseUrl.ToString(),
        };

        (int exitCode, string output, string error) = await RunAsync(environment.GetValueOrDefault, "demo", "--live");

        Assert.True(exitCode == 0, output + error);
        Assert.Contains("Real providers: openai, anthropic, litellm, ollama.", output, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-", output, StringComparison.Ordinal);

        // Outages are made on this side: the providers see only what they answer.
        Assert.Equal((3, 1, 1, 1), (
            simulator.OpenAI.ChatRequests.Count, simulator.Anthropic.ChatRequests.Count, simulator.LiteLLM.ChatRequests.Count, simulator.Ollama.ChatRequests.Count));
    }

    [Fact]
    public async Task LiveWithoutAnyProviderSaysWhatToSet()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        string nobody = simulator.ConnectionRefusedUrl.ToString();

        (int exitCode, string output, string error) = await RunAsync(name => name == "OLLAMA_HOST" ? nobody : null, "demo", "--live");

        Assert.Equal((2, ""), (exitCode, output));
        Assert.All(["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "LITELLM_BASE_URL", "OLLAMA_HOST", "Without --live"],
            part => Assert.Contains(part, error, StringComparison.Ordinal));
    }

    [Fact]
    public async Task AnAddressThatIsNoneIsAMistakeOfTheEnvironment()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        var environment = new Dictionary<string, string?>
        {
            ["OPENAI_API_KEY"] = "sk-canary",
            ["OPENAI_BASE_URL"] = "nowhere",
            ["OLLAMA_HOST"] = simulator.ConnectionRefusedUrl.ToString(),
        };

        (int exitCode, string output, string error) = await RunAsync(environment.GetValueOrDefault, "demo", "--live");

        Assert.Equal((2, ""), (exitCode, output));
        Assert.StartsWith("OpenAI: the base URL is not an http or https URL.", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    // https://github.com/ollama/ollama/blob/main/envconfig/config.go, Host.
    [Theory]
    [InlineData(null, "http://localhost:11434")]
    [InlineData("", "http://localhost:11434")]
    [InlineData("0.0.0.0", "http://localhost:11434")]
    [InlineData("0.0.0.0:8080", "http://localhost:8080")]
    [InlineData("[::]", "http://localhost:11434")]
    [InlineData(":8080", "http://localhost:8080")]
    [InlineData("gpu-box", "http://gpu-box:11434")]
    [InlineData("gpu-box:80", "http://gpu-box:80")]
    [InlineData("gpu-box/ollama/", "http://gpu-box:11434/ollama")]
    [InlineData("https://ollama.example.com", "https://ollama.example.com")]
    public void OllamaHostIsReadAsOllamaReadsIt(string? host, string address) => Assert.Equal(address, OllamaServer.AddressOf(host));

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(Func<string, string?> environment, params string[] args)
    {
        var root = new RootCommand { DemoCommand.Create(environment) };
        using var output = new StringWriter();
        using var error = new StringWriter();
        int exitCode = await root.Parse(args).InvokeAsync(new InvocationConfiguration { Output = output, Error = error });
        return (exitCode, output.ToString(), error.ToString());
    }
}
