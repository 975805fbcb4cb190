using System.Diagnostics;
using MeaiBudget.Testing;

namespace MeaiBudget.Benchmarks;

/// <summary>The provider simulator in a process of its own, so that its processor time is not measured.</summary>
internal sealed class SimulatorProcess : IDisposable
{
    /// <summary>The argument with which the benchmarks are the simulator.</summary>
    public const string Argument = "simulator";

    private static readonly TimeSpan ForgetInterval = TimeSpan.FromSeconds(1);
    private readonly Process _process;

    private SimulatorProcess(Process process) => _process = process;

    /// <summary>Starts the process.</summary>
    public static SimulatorProcess Start()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(SimulatorProcess).Assembly.Location);
        }

        start.ArgumentList.Add(Argument);
        return new SimulatorProcess(Process.Start(start)!);
    }

    /// <summary>Returns the base URL for OpenAI's SDK.</summary>
    public async Task<string> ReadAddressAsync() =>
        await _process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The simulator's process ended before it wrote its address.");

    /// <summary>Serves until the input ends.</summary>
    public static async Task ServeAsync()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        Console.WriteLine(simulator.OpenAIBaseUrl);
        Task ended = Console.In.ReadLineAsync();
        while (!ended.IsCompleted)
        {
            await Task.WhenAny(ended, Task.Delay(ForgetInterval, TimeProvider.System));
            simulator.ForgetRequests();
        }
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
