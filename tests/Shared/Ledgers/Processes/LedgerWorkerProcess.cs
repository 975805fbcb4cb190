using System.Diagnostics;
using System.Globalization;

namespace MeaiBudget.Tests;

/// <summary>A process that works on a ledger (<c>MeaiBudget.LedgerWorker</c>), and what it reported.</summary>
internal sealed class LedgerWorkerProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task _reading;
    private readonly Task<string> _errors;
    private readonly SemaphoreSlim _settled = new(0);

    public LedgerWorkerProcess(string[] arguments)
    {
        string dll = Path.Combine(AppContext.BaseDirectory, "MeaiBudget.LedgerWorker.dll");
        _process = Process.Start(new ProcessStartInfo("dotnet", [dll, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        })!;
        _reading = Task.Run(Read);
        _errors = _process.StandardError.ReadToEndAsync();
    }

    public List<Guid> Tried { get; } = [];

    /// <summary>Gets what calls cost, and the period that they were charged in.</summary>
    public Dictionary<Guid, (long Amount, long Period)> Settled { get; } = [];

    public int Admitted { get; private set; }

    /// <summary>Gets how many of the admissions asked no server.</summary>
    public int AdmittedHere { get; private set; }

    public async Task WaitForSettlementsAsync(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Assert.True(await _settled.WaitAsync(TimeSpan.FromMinutes(1)), "A worker stands still.");
            Assert.False(_reading.IsCompleted && _settled.CurrentCount == 0, "A worker ended by itself: " + (_reading.IsCompleted ? await _errors : ""));
        }
    }

    /// <summary>SIGKILL: nothing of the process runs any more.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
        _reading.Wait();
    }

    public async Task StopAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        await _reading;
        Assert.True(_process.ExitCode == 0, $"A worker ended with {_process.ExitCode}: {await _errors}");
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _reading.Wait();
        _process.Dispose();
        _settled.Dispose();
    }

    private void Read()
    {
        while (_process.StandardOutput.ReadLine() is { } line)
        {
            string[] words = line.Split(' ');

            // The last line of a killed process may be incomplete. It is then ignored.
            if (words.Length < 2 || !Guid.TryParseExact(words[1], "N", out Guid call))
            {
                continue;
            }

            switch (words)
            {
                case ["T", _]:
                    Tried.Add(call);
                    break;
                case ["A", ..]:
                    Admitted++;
                    AdmittedHere += words is [_, _, "here"] ? 1 : 0;
                    break;
                case ["S", _, var amount, var period] when period.Length > 0:
                    Settled[call] = (long.Parse(amount, CultureInfo.InvariantCulture), long.Parse(period, CultureInfo.InvariantCulture));
                    _settled.Release();
                    break;
                default:
                    break;
            }
        }

        _settled.Release(10_000);
    }
}
