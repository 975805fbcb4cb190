using System.Diagnostics;
using System.Text.Json;
using MeaiBudget.Testing;

namespace MeaiBudget.Tests;

/// <summary>The templates install from their package, and what they make builds and runs from the packages only.</summary>
public sealed class TemplateTests(PackedPackages packages)
{
    [Fact]
    public async Task AnAgentFromTheTemplateAnswersWithinItsBudget()
    {
        string project = await NewAsync("meaibudget-agent", "Forecast", "--RunBudget", "0.02");
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.OpenAI.Enqueue(SimulatedResponse.ToolCall("GetWeather", new { city = "Rome" }), SimulatedResponse.Text("Sunny."));

        CommandLine run = await CommandLine.RunAsync(
            "dotnet", [Path.Combine(project, "bin", "Release", "net10.0", "Forecast.dll"), "How", "is", "the", "weather?"], project, Simulated(simulator));

        Assert.Contains("Sunny.", run.Succeeded().Output, StringComparison.Ordinal);
        Assert.Matches(@"Spent \$0\.0000\d\d of \$0\.02\.", run.Output);
        Assert.Equal(2, simulator.OpenAI.ChatRequests.Count);
    }

    [Fact]
    public async Task AWebAppFromTheTemplateAnswersAndRefuses()
    {
        string project = await NewAsync("meaibudget-web", "Answers", "--TenantBudget", "0.005");
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.OpenAI.Default = SimulatedResponse.Text("Rome.").WithUsage(500, 450);

        var start = new ProcessStartInfo("dotnet", [Path.Combine(project, "bin", "Release", "net10.0", "Answers.dll")]) { WorkingDirectory = project, RedirectStandardOutput = true };
        foreach ((string name, string? value) in Simulated(simulator))
        {
            start.Environment[name] = value;
        }

        using Process app = Process.Start(start)!;
        try
        {
            string? address = null;
            while (address is null && await app.StandardOutput.ReadLineAsync() is { } line)
            {
                address = line.Split("Now listening on: ") is [_, { } rest] ? rest.Trim() : null;
            }

            _ = app.StandardOutput.ReadToEndAsync();
            using var client = new HttpClient { BaseAddress = new Uri(address ?? throw new InvalidOperationException("The app does not listen.")) };
            (int status, string body) = await AskAsync(client, "acme");
            Assert.Equal((200, "Rome."), (status, JsonDocument.Parse(body).RootElement.GetProperty("text").GetString()));

            for (int i = 0; i < 10 && status == 200; i++)
            {
                (status, body) = await AskAsync(client, "acme");
            }

            Assert.Equal(429, status);
            Assert.Contains("\"budget\":\"tenant\"", body, StringComparison.Ordinal);
            Assert.Equal(200, (await AskAsync(client, "globex")).Status);
            Assert.Contains("tenant", await client.GetStringAsync("/budgets"), StringComparison.Ordinal);
        }
        finally
        {
            app.Kill(entireProcessTree: true);
            await app.WaitForExitAsync();
        }
    }

    private static async Task<(int Status, string Body)> AskAsync(HttpClient client, string tenant)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "ask") { Content = new StringContent("""{"text":"What is the capital of Italy?"}""", null, "application/json") };
        request.Headers.Add("X-Tenant", tenant);
        using HttpResponseMessage response = await client.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private static Dictionary<string, string?> Simulated(ProviderSimulator simulator) => new()
    {
        ["OPENAI_API_KEY"] = "any",
        ["OPENAI_BASE_URL"] = simulator.OpenAIBaseUrl.ToString(),
        ["ANTHROPIC_API_KEY"] = "any",
        ["MeaiBudget__Providers__openai__BaseUrl"] = simulator.OpenAIBaseUrl.ToString(),
        ["MeaiBudget__Providers__anthropic__BaseUrl"] = simulator.AnthropicBaseUrl.ToString(),
        ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
        ["ASPNETCORE_ENVIRONMENT"] = "Development",
    };

    /// <summary>Installs the templates apart from the machine's own, makes a project from one, and builds it.</summary>
    private async Task<string> NewAsync(string template, string name, params string[] options)
    {
        string folder = await packages.NewFolderWithFeedAsync(template);
        string[] apart = ["--debug:custom-hive", Path.Combine(folder, "hive")];
        string package = Directory.EnumerateFiles(packages.Folder, $"{PackedPackages.Templates}.*.nupkg").Single();
        (await CommandLine.RunAsync("dotnet", ["new", "install", package, .. apart], folder)).Succeeded();
        (await CommandLine.RunAsync("dotnet", ["new", template, "-o", name, .. options, .. apart], folder)).Succeeded();
        string project = Path.Combine(folder, name);
        Assert.True(File.Exists(Path.Combine(project, name + ".csproj")));
        (await CommandLine.RunAsync("dotnet", ["build", "-c", "Release", "-warnaserror"], project, packages.OwnPackageFolder)).Succeeded();
        return project;
    }
}
