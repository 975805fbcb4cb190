using System.Diagnostics;
using System.Text;

namespace MeaiBudget.Tests;

/// <summary>A web sample in a process of its own, on a free port, until it is disposed.</summary>
internal sealed class RunningWebSample : IDisposable
{
    private readonly Process _process;

    private RunningWebSample(Process process, Uri address)
    {
        _process = process;
        Client = new HttpClient { BaseAddress = address };
    }

    public HttpClient Client { get; }

    public static async Task<RunningWebSample> StartAsync(string name, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var start = new ProcessStartInfo("dotnet", [Sample.PathOf(name)])
        {
            WorkingDirectory = RepositoryFolder.PathOf("samples", name),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string variable, string? value) in Sample.WithoutKeys(environment))
        {
            start.Environment[variable] = value;
        }

        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        Process process = Process.Start(start)!;
        var output = new StringBuilder();
        _ = process.StandardError.ReadToEndAsync();
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            output.AppendLine(line);
            if (line.Split("Now listening on: ") is [_, { } address])
            {
                // The rest of the output is read, so that the app never waits for a full pipe.
                _ = process.StandardOutput.ReadToEndAsync();
                return new RunningWebSample(process, new Uri(address.Trim()));
            }
        }

        throw new InvalidOperationException($"The sample {name} ended before it listened:{Environment.NewLine}{output}");
    }

    public void Dispose()
    {
        Client.Dispose();
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }
}
