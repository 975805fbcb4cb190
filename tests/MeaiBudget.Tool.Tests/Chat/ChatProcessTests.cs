using System.Diagnostics;
using System.Runtime.InteropServices;
using MeaiBudget.Testing;

namespace MeaiBudget.Tests;

/// <summary>The command as a separate process, as a shell runs it.</summary>
public sealed class ChatProcessTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("meaibudget").FullName;
    private ProviderSimulator _simulator = null!;

    public async ValueTask InitializeAsync() => _simulator = await ProviderSimulator.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _simulator.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task PipedInputIsAskedOnceAndOnlyTheAnswerIsOnTheOutput()
    {
        using Process process = Start("chat");
        await process.StandardInput.WriteAsync("What is up?");
        process.StandardInput.Close();

        (int exitCode, string output, string error) = await EndOfAsync(process);

        Assert.Equal((0, "You said: What is up?" + Environment.NewLine), (exitCode, output));
        Assert.Contains("a simulator on this machine answers", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnAppsettingsFileInTheFolderIsFoundAndTheEnvironmentHasTheKey()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "appsettings.json"), $$"""
            {
              "MeaiBudget": {
                "Providers": { "openai": { "Type": "OpenAI", "BaseUrl": "{{_simulator.OpenAIBaseUrl}}" } },
                "Routes": { "gpt": { "Provider": "openai", "Model": "gpt-4.1" } },
                "Models": { "smart": { "Route": "gpt" } },
                "Budgets": { "day": { "Limit": 2 } },
                "Ledger": { "Type": "Sqlite", "Path": "spend.db" }
              }
            }
            """, TestContext.Current.CancellationToken);
        using Process first = Start("chat", "one");
        (int _, string _, string before) = await EndOfAsync(first);
        Assert.Contains("MeaiBudget__Providers__openai__ApiKey or OPENAI_API_KEY", before, StringComparison.Ordinal);

        using Process second = Start(("OPENAI_API_KEY", "sk-canary"), "chat", "two");
        (int _, string output, string _) = await EndOfAsync(second);
        Assert.Equal("You said: two" + Environment.NewLine, output);
        using Process third = Start(("OPENAI_API_KEY", "sk-canary"), "chat", "three");
        (int exitCode, string _, string error) = await EndOfAsync(third);

        // The ledger has the spend of the previous process.
        Assert.Equal(0, exitCode);
        Assert.Matches(@"chat \$0\.0000(\d+) \| day \$0\.0000(?!\1)\d+ of \$2\.00", error);
        Assert.DoesNotContain("canary", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AConfigurationWithMistakesEndsWithTwo()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "chat.json"), "{ \"MeaiBudget\": { \"Budgets\": { \"day\": { \"Limit\": -1 } } } }", TestContext.Current.CancellationToken);
        using Process process = Start("chat", "--config", "chat.json", "hello");

        (int exitCode, string output, string error) = await EndOfAsync(process);

        Assert.Equal((2, ""), (exitCode, output));
        Assert.Contains("MeaiBudget:Budgets:day:Limit: '-1' is too small. The minimum is 0.", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CtrlCEndsTheAnswerAndTheChatGoesOn()
    {
        Assert.SkipWhen(RuntimeInformation.IsOSPlatform(OSPlatform.Windows), "A process cannot be sent Ctrl-C alone on Windows.");
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var never = new TaskCompletionSource();
        _simulator.OpenAI.Enqueue(SimulatedResponse.From(_ =>
        {
            asked.TrySetResult();
            return SimulatedResponse.Text("too late").WaitFor(never.Task);
        }));
        using Process process = Start([("OPENAI_API_KEY", "sk-any"), ("OPENAI_BASE_URL", _simulator.OpenAIBaseUrl.ToString())], "chat", "--interactive");
        await process.StandardInput.WriteLineAsync("first");
        await asked.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);

        using (var kill = Process.Start("kill", ["-INT", $"{process.Id}"]))
        {
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        await process.StandardInput.WriteLineAsync("second");
        await process.StandardInput.WriteLineAsync("/quit");
        (int exitCode, string output, _) = await EndOfAsync(process);

        Assert.Equal(0, exitCode);
        Assert.Contains("Interrupted.", output, StringComparison.Ordinal);
        Assert.Contains("You said: second", output, StringComparison.Ordinal);
    }

    private Process Start(params string[] args) => Start([], args);

    private Process Start((string, string) variable, params string[] args) => Start([variable], args);

    private Process Start((string Name, string Value)[] variables, params string[] args)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "MeaiBudget.Tool.dll"), .. args])
        {
            WorkingDirectory = _folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string name in start.Environment.Keys.Where(name => name.EndsWith("_API_KEY", StringComparison.Ordinal) || name.StartsWith("LITELLM_", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment["OLLAMA_HOST"] = _simulator.ConnectionRefusedUrl.ToString();
        foreach ((string name, string value) in variables)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private static async Task<(int ExitCode, string Output, string Error)> EndOfAsync(Process process)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        Task<string> output = process.StandardOutput.ReadToEndAsync(patience.Token);
        Task<string> error = process.StandardError.ReadToEndAsync(patience.Token);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return (process.ExitCode, await output, await error);
    }
}
