using System.Diagnostics;

namespace MeaiBudget.Tests;

/// <summary>A redis-server of the machine as a child process, without persistence.</summary>
public sealed class RedisServerProcess : IDisposable
{
    private readonly Process _process;
    private int _isDisposed;

    private RedisServerProcess(Process process, int port)
    {
        _process = process;
        Port = port;
    }

    public int Port { get; }

    public string Configuration => $"127.0.0.1:{Port}";

    public static RedisServerProcess? TryStart(int port, IReadOnlyList<string> more)
    {
        try
        {
            var start = new ProcessStartInfo("redis-server", ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", .. more])
            {
                RedirectStandardOutput = true,
                WorkingDirectory = Path.GetTempPath(),
            };
            Process process = Process.Start(start)!;
            while (process.StandardOutput.ReadLine() is { } line)
            {
                if (line.Contains("Ready to accept connections", StringComparison.Ordinal))
                {
                    // Read on, or the server would wait for room in the pipe.
                    new Thread(() => process.StandardOutput.ReadToEnd()) { IsBackground = true }.Start();
                    return new RedisServerProcess(process, port);
                }
            }

            process.Dispose();
            return null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 1)
        {
            return;
        }

        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }
}
