using System.CommandLine;
using System.Globalization;
using System.Net.Sockets;
using MeaiBudget.Testing;

namespace MeaiBudget.Tool;

/// <summary>The command <c>simulator</c>: serves the protocols of the four providers on this machine until it is stopped.</summary>
internal static class SimulatorCommand
{
    private const int DefaultPort = 5099;
    private const int LongestName = 100;

    internal static Command Create()
    {
        var port = new Option<int>("--port")
        {
            Description = $"The port, 0 to 65535. The default is {DefaultPort}; 0 takes a free one.",
            DefaultValueFactory = _ => DefaultPort,
        };
        port.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 or > 65535)
            {
                result.AddError($"--port is {result.GetValueOrDefault<int>()}. Use a number from 0 to 65535.");
            }
        });
        var down = new Option<SimulatedProvider[]>("--down")
        {
            Description = "Providers that answer each request with an overload (status 503 or 529), for example --down openai.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
        };
        var command = new Command(
            "simulator",
            "Serves the protocols of OpenAI, Anthropic, LiteLLM and Ollama on this machine, to try an app without keys. Answers repeat the last message. Prints each request. Stop it with Ctrl-C.")
        {
            port,
            down,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetValue(port), parsed.GetValue(down) ?? [], parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(int port, IReadOnlyList<SimulatedProvider> down, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        ProviderSimulator started;
        try
        {
            started = await ProviderSimulator.StartAsync(new ProviderSimulatorOptions { Port = port });
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            await error.WriteLineAsync($"Port {port} cannot be used: {exception.Message} Choose another one with --port, or a free one with --port 0.");
            return 1;
        }

        await using ProviderSimulator simulator = started;
        foreach (SimulatedProvider provider in down)
        {
            simulator.Script(provider).Default = SimulatedResponse.Overloaded();
        }

        await output.WriteLineAsync($"The simulator listens on {simulator.BaseUrl}. It accepts any key and any model. Stop it with Ctrl-C.");
        await output.WriteLineAsync("Set these variables where the app runs:");
        await output.WriteLineAsync();
        await output.WriteLineAsync($"export OpenAI__ApiKey=any OpenAI__BaseUrl={simulator.OpenAIBaseUrl}");
        await output.WriteLineAsync($"export Anthropic__ApiKey=any Anthropic__BaseUrl={simulator.AnthropicBaseUrl}");
        await output.WriteLineAsync($"export LiteLLM__ApiKey=any LiteLLM__BaseUrl={simulator.LiteLLMBaseUrl}");
        await output.WriteLineAsync($"export Ollama__BaseUrl={simulator.OllamaBaseUrl}");
        await output.WriteLineAsync();
        await output.FlushAsync(cancellationToken);
        try
        {
            for (int seen = 0; ;)
            {
                await simulator.WaitForRequestsAsync(seen + 1, cancellationToken);
                IReadOnlyList<SimulatedRequest> requests = simulator.Requests;
                simulator.ForgetRequests();
                seen += requests.Count;
                foreach (SimulatedRequest request in requests)
                {
                    await request.Completion.WaitAsync(cancellationToken);
                    await output.WriteLineAsync(Describe(request));
                }

                await output.FlushAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            await output.WriteLineAsync("Stopped.");
            return Interruption.ExitCode;
        }
    }

    private static string Describe(SimulatedRequest request)
    {
        string name = request.Model ?? request.Path;
        string status = request.StatusCode?.ToString(CultureInfo.InvariantCulture) ?? "no status";
        return $"{request.Provider?.ToString() ?? "unknown"} {WrittenText.Printable(name[..Math.Min(name.Length, LongestName)])} -> {status}, {request.Billed.InputTokens} in, {request.Billed.OutputTokens} out";
    }
}
