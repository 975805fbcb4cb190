using System.CommandLine;
using System.Text.RegularExpressions;
using MeaiBudget.Tool;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

public sealed partial class SimulatorCommandTests
{
    [Fact]
    public async Task R5_AnAppRunsAgainstTheSimulatorWithoutKeys()
    {
        using var output = new SignallingWriter("OLLAMA__BaseUrl=");
        using var stop = new CancellationTokenSource();
        Task<int> running = RunAsync(output, TextWriter.Null, stop.Token, "--port", "0", "--down", "anthropic");
        string printed = await output.Printed.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        string openAI = OpenAIAddress().Match(printed).Groups[1].Value;
        string anthropic = AnthropicAddress().Match(printed).Groups[1].Value;

        using IChatClient first = AnthropicChatClientFactory.Create(new() { ApiKey = "any", BaseUrl = anthropic, ModelId = "claude-haiku-4-5" });
        using IChatClient client = new ChatClientBuilder(first)
            .UseFallback(OpenAIChatClientFactory.Create(new() { ApiKey = "any", BaseUrl = openAI, ModelId = "gpt-4.1-mini" })).Build();
        ChatResponse answer = await client.GetResponseAsync("Hello to the simulator", cancellationToken: TestContext.Current.CancellationToken);
        await output.WaitForAsync("gpt-4.1-mini -> 200");
        await stop.CancelAsync();

        Assert.Contains("Hello to the simulator", answer.Text, StringComparison.Ordinal);
        Assert.Equal(130, await running);
        Assert.EndsWith("Stopped." + Environment.NewLine, output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task APortThatIsInUseIsAMessage()
    {
        using var output = new SignallingWriter("OLLAMA__BaseUrl=");
        using var stop = new CancellationTokenSource();
        Task<int> running = RunAsync(output, TextWriter.Null, stop.Token, "--port", "0");
        string port = new Uri(OpenAIAddress().Match(await output.Printed.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken)).Groups[1].Value).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        using var error = new StringWriter();

        int second = await RunAsync(TextWriter.Null, error, TestContext.Current.CancellationToken, "--port", port);

        Assert.Equal(1, second);
        Assert.Contains($"Port {port} cannot be used", error.ToString(), StringComparison.Ordinal);
        await stop.CancelAsync();
        Assert.Equal(130, await running);
    }

    private static Task<int> RunAsync(TextWriter output, TextWriter error, CancellationToken cancellationToken, params string[] arguments) =>
        new RootCommand { SimulatorCommand.Create() }.Parse(["simulator", .. arguments])
            .InvokeAsync(new InvocationConfiguration { Output = output, Error = error, ProcessTerminationTimeout = null }, cancellationToken);

    [GeneratedRegex("OpenAI__BaseUrl=(\\S+)")]
    private static partial Regex OpenAIAddress();

    [GeneratedRegex("Anthropic__BaseUrl=(\\S+)")]
    private static partial Regex AnthropicAddress();

    /// <summary>Text that signals when a word was written.</summary>
    private sealed class SignallingWriter(string first) : StringWriter
    {
        private readonly Lock _lock = new();
        private readonly List<(string Word, TaskCompletionSource<string> Source)> _waiting = [];

        public Task<string> Printed => WaitForAsync(first);

        public async Task<string> WaitForAsync(string word)
        {
            var source = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_lock)
            {
                _waiting.Add((word, source));
            }

            Signal();
            return await source.Task.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        }

        public override void Write(char value)
        {
            lock (_lock)
            {
                base.Write(value);
            }
        }

        public override void Write(string? value)
        {
            lock (_lock)
            {
                base.Write(value);
            }
        }

        public override void Write(char[] buffer, int index, int count)
        {
            lock (_lock)
            {
                base.Write(buffer, index, count);
            }
        }

        public override void Write(ReadOnlySpan<char> buffer)
        {
            lock (_lock)
            {
                base.Write(buffer);
            }
        }

        public override async Task FlushAsync()
        {
            await base.FlushAsync();
            Signal();
        }

        private void Signal()
        {
            lock (_lock)
            {
                string text = ToString();
                foreach ((string word, TaskCompletionSource<string> source) in _waiting)
                {
                    if (text.Contains(word, StringComparison.OrdinalIgnoreCase))
                    {
                        source.TrySetResult(text);
                    }
                }
            }
        }
    }
}
