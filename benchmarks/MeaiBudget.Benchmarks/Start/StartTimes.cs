using System.Diagnostics;
using System.Globalization;
using System.Runtime;

namespace MeaiBudget.Benchmarks;

/// <summary>Prints what the first count and the first price look-up of a process take. Each is measured in new processes.</summary>
internal static class StartTimes
{
    /// <summary>The argument of a process that makes one measurement.</summary>
    internal const string Child = "start-of";

    private static readonly string[] Names = ["first price", "first count, encoding by name", "first count, by model", "first count, Claude"];

    internal static async Task RunAsync(string[] arguments)
    {
        int runs = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 11;
        Dictionary<string, List<double[]>> measured = Names.ToDictionary(name => name, _ => new List<double[]>());
        for (int run = 0; run < runs; run++)
        {
            foreach (string name in Names)
            {
                measured[name].Add(await MeasureAsync(name));
            }
        }

        Console.WriteLine("| | wall-clock time | processor time | methods compiled |\n| --- | ---: | ---: | ---: |");
        foreach (string name in Names)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {Median(0):f1} ms | {Median(1):f1} ms | {Median(2):f0} |"));

            double Median(int index) => measured[name].Select(figures => figures[index]).Order().ElementAt(runs / 2);
        }
    }

    /// <summary>Makes one measurement in this process, and prints it.</summary>
    internal static void Measure(string name)
    {
        // What the measurement itself needs is compiled before.
        _ = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp()).TotalMilliseconds + JitInfo.GetCompiledMethodCount() + Environment.CpuUsage.TotalTime.TotalMilliseconds;
        long methods = JitInfo.GetCompiledMethodCount();
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        bool isRight = name switch
        {
            "first price" => PriceCatalog.Default.Resolve("gpt-4.1-mini").IsKnown,
            "first count, encoding by name" => TokenCounters.Get("o200k_base").Count("Hello, world") == 3,
            "first count, by model" => TokenCounters.ForModel("gpt-4o").Count("Hello, world") == 3,
            _ => TokenCounters.ForModel("claude-sonnet-4-5").Count("Hello, world") > 0,
        };
        double time = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        double used = (Environment.CpuUsage.TotalTime - processor).TotalMilliseconds;
        methods = JitInfo.GetCompiledMethodCount() - methods;
        Console.WriteLine(isRight ? string.Create(CultureInfo.InvariantCulture, $"{time} {used} {methods}") : "wrong");
    }

    private static async Task<double[]> MeasureAsync(string name)
    {
        // Started with the runtime's command or as a program of its own.
        bool isProgram = Path.GetFileNameWithoutExtension(Environment.ProcessPath) != "dotnet";
        string[] arguments = [Child, name];
        var start = new ProcessStartInfo(Environment.ProcessPath!, isProgram ? arguments : [typeof(StartTimes).Assembly.Location, .. arguments]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return [.. output.Trim().Split(' ').Select(figure => double.Parse(figure, CultureInfo.InvariantCulture))];
    }
}
