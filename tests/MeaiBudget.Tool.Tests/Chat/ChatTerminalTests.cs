using System.Text.Json;
using System.Text.RegularExpressions;
using MeaiBudget.Testing;

namespace MeaiBudget.Tests;

/// <summary>The chat in a terminal, with keys as a person presses them. Skipped where Python has no pseudo-terminal.</summary>
public sealed partial class ChatTerminalTests : IAsyncLifetime
{
    private const string Prompt = "> ";
    private const string Left = "\u001b[D";
    private const string Up = "\u001b[A";
    private const string AltEnter = "\u001b\r";
    private const string Enter = "\r";
    private const string ControlC = "\u0003";
    private const string ControlD = "\u0004";

    private readonly string _folder = Directory.CreateTempSubdirectory("meaibudget-terminal-").FullName;
    private ProviderSimulator _simulator = null!;

    public async ValueTask InitializeAsync() => _simulator = await ProviderSimulator.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _simulator.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private string History => Path.Combine(_folder, "state", "meaibudget", "chat-history.jsonl");

    [Fact]
    public async Task R6_CursorKeysEditAndUpRecalls()
    {
        string screen = await RunAsync(["chat"], (Prompt, "hllo" + Left + Left + Left + "e" + Enter), ("You said: hello", ""), (Prompt, Up + "!" + Enter), ("You said: hello!", ""), (Prompt, ControlD));

        Assert.EndsWith("exit code 0", screen.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task R6_PastedLinesAreOneQuestion()
    {
        await RunAsync(["chat"], (Prompt, "\u001b[200~first\rsecond\r\u001b[201~third" + AltEnter + "fourth\\" + Enter + "fifth" + Enter), ("fifth", ""), ("| chat $", ""), (Prompt, "/quit" + Enter));

        Assert.True(_simulator.OpenAI.ChatRequests.Count == 1, string.Join("\n", _simulator.OpenAI.ChatRequests.Select(request => request.BodyText)));
        SimulatedRequest asked = _simulator.OpenAI.ChatRequests[0];
        Assert.Contains("first\\nsecond\\nthird\\nfourth\\nfifth", asked.BodyText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task R6_TheHistoryIsKeptWithoutSecretsAndOnlyForTheUser()
    {
        await RunAsync(["chat"], (Prompt, "my key is sk-proj-abcdefghijklmnopqrstuvwxyz0123456789" + Enter), ("| chat $", ""), (Prompt, "plain" + Enter), ("| chat $", ""), (Prompt, ControlD));
        string stored = await File.ReadAllTextAsync(History, TestContext.Current.CancellationToken);
        string screen = await RunAsync(["chat"], (Prompt, Up + Enter), ("You said: plain", ""), ("| chat $", ""), (Prompt, ControlD));

        Assert.Contains("plain", stored, StringComparison.Ordinal);
        Assert.DoesNotContain("abcdefghij", stored, StringComparison.Ordinal);
        Assert.EndsWith("exit code 0", screen.TrimEnd(), StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(History));
        }
    }

    [Fact]
    public async Task R6_NoHistoryStoresNothing()
    {
        await RunAsync(["chat", "--no-history"], (Prompt, "hello" + Enter), ("| chat $", ""), (Prompt, ControlD));

        Assert.False(File.Exists(History));
    }

    [Fact]
    public async Task R6_CtrlCDiscardsTheLineAndTheChatGoesOn()
    {
        string screen = await RunAsync(["chat"], (Prompt, "not this"), ("not this", ControlC), ("press Ctrl-D to exit", ""), (Prompt, "/co\t" + Enter), ("US dollars", ""), (Prompt, ControlD));

        Assert.EndsWith("exit code 0", screen.TrimEnd(), StringComparison.Ordinal);
        Assert.Empty(_simulator.OpenAI.ChatRequests);
    }

    private async Task<string> RunAsync(string[] arguments, params (string Wait, string Keys)[] steps)
    {
        Assert.SkipUnless(!OperatingSystem.IsWindows() && CommandLine.Exists("python3"), "There is no python3 to make a pseudo-terminal.");
        string program = Path.Combine(AppContext.BaseDirectory, "MeaiBudget.Tool.dll");
        var environment = new Dictionary<string, string?>
        {
            ["OPENAI_API_KEY"] = "sk-any",
            ["OPENAI_BASE_URL"] = _simulator.OpenAIBaseUrl.ToString(),
            ["OLLAMA_HOST"] = _simulator.ConnectionRefusedUrl.ToString(),
            ["ANTHROPIC_API_KEY"] = null,
            ["LITELLM_BASE_URL"] = null,
            ["XDG_STATE_HOME"] = Path.Combine(_folder, "state"),
        };
        CommandLine run = await CommandLine.RunAsync(
            "python3",
            [Path.Combine(AppContext.BaseDirectory, "Chat", "terminal.py"), "80", JsonSerializer.Serialize(steps.Select(step => new[] { step.Wait, step.Keys })), "dotnet", program, .. arguments],
            _folder, environment);
        return Control().Replace(run.Succeeded().Output, "");
    }

    [GeneratedRegex(@"\u001b\[[0-9;?]*[A-Za-z]")]
    private static partial Regex Control();
}
