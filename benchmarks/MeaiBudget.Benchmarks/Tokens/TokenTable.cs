using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace MeaiBudget.Benchmarks;

/// <summary>
/// Prints the token section of docs/performance.md. On a busy machine, the ratio of two programs that ran minutes apart is not
/// meaningful. So both counters run alternately in every round, measured by the thread's processor time where available, and the
/// median of the rounds' ratios is printed.
/// </summary>
internal static class TokenTable
{
    private static readonly int[] Millions = [1, 8, 16];
    private static readonly string[] Encodings = ["o200k_base", "cl100k_base"];

    internal static void Print(string[] arguments)
    {
        int rounds = arguments.Length > 0 ? int.Parse(arguments[0], System.Globalization.CultureInfo.InvariantCulture) : 9;
        Console.WriteLine($"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSArchitecture}, {Environment.ProcessorCount} processors, {Processor()}");
        PrintStart();
        foreach (string encoding in Encodings)
        {
            PrintTexts(encoding, rounds);
        }

        PrintGrowth();
        PrintCache(rounds);
        PrintThreads();
    }

    private static void PrintStart()
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var watch = Stopwatch.StartNew();
        double processor = ProcessorTime();
        int count = TokenCounters.Get("o200k_base").Count("Hello, world");
        Console.WriteLine($"\nFirst count under o200k_base: {watch.Elapsed.TotalMilliseconds:f0} ms, {1000 * (ProcessorTime() - processor):f0} ms of processor time ({count} tokens)");
        Console.WriteLine($"Kept: {(GC.GetTotalMemory(forceFullCollection: true) - before) / 1e6:f1} MB");
    }

    private static void PrintTexts(string encoding, int rounds)
    {
        ITokenCounter ours = TokenCounters.Get(encoding);
        var theirs = TiktokenTokenizer.CreateForEncoding(encoding);
        Console.WriteLine($"\n| {encoding} | bytes | tokens | MLT warm MB/s | ours warm MB/s | ratio | MLT unseen MB/s | ours unseen MB/s | ratio | bytes allocated |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (string name in TextCorpus.Names)
        {
            string text = TextCorpus.Make(name);
            int bytes = Encoding.UTF8.GetByteCount(text);
            int tokens = ours.Count(text);
            if (tokens != theirs.CountTokens(text))
            {
                Console.WriteLine($"{name}: {tokens} tokens, not {theirs.CountTokens(text)}");
            }

            (double theirWarm, double ourWarm, double warm) = Compare(rounds, () => theirs.CountTokens(text), () => ours.Count(text), Math.Max(1, 1_500_000 / bytes));
            (double theirNew, double ourNew, double unseen) = name == "Chat message" ? default : CompareUnseen(name, encoding, rounds);
            long before = GC.GetAllocatedBytesForCurrentThread();
            ours.Count(text);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Console.WriteLine(
                $"| {name} | {bytes} | {tokens} | {bytes / theirWarm / 1e6:f1} | {bytes / ourWarm / 1e6:f0} | {warm:f1} | "
                + (name == "Chat message" ? "| | |" : $"{theirNew:f1} | {ourNew:f0} | {unseen:f1} |")
                + $" {allocated} |");
        }
    }

    // Warm up with ten documents, then count ten others once. Each round uses new counters, so that nothing is cached.
    private static (double Theirs, double Ours, double Ratio) CompareUnseen(string name, string encoding, int rounds)
    {
        string[] documents = [.. Enumerable.Range(1, 20).Select(document => TextCorpus.Make(name, document, 20_000))];
        double bytes = documents.Skip(10).Sum(Encoding.UTF8.GetByteCount);
        double[] theirs = new double[rounds];
        double[] ours = new double[rounds];
        double[] ratios = new double[rounds];
        for (int round = 0; round < rounds; round++)
        {
            var tokenizer = TiktokenTokenizer.CreateForEncoding(encoding);
            var counter = new BytePairCounter(encoding, (BytePairCounter)TokenCounters.Get(encoding), encoding == "o200k_base" ? SplitPattern.O200k : SplitPattern.Cl100k);
            for (int i = 0; i < 10; i++)
            {
                tokenizer.CountTokens(documents[i]);
                counter.Count(documents[i]);
            }

            for (int i = 10; i < 20; i++)
            {
                double start = ProcessorTime();
                tokenizer.CountTokens(documents[i]);
                double middle = ProcessorTime();
                counter.Count(documents[i]);
                theirs[round] += middle - start;
                ours[round] += ProcessorTime() - middle;
            }

            ratios[round] = theirs[round] / ours[round];
        }

        return (bytes / Median(theirs) / 1e6, bytes / Median(ours) / 1e6, Median(ratios));
    }

    private static void PrintGrowth()
    {
        ITokenCounter ours = TokenCounters.Get("o200k_base");
        var random = new Random(5);
        (string Name, Func<int, string> Make)[] inputs =
        [
            ("one letter", size => new string('a', size)),
            ("spaces", size => new string(' ', size)),
            ("one Han character", size => new string('中', size)),
            ("random letters", size => string.Create(size, random, (span, source) => Fill(span, () => (char)('a' + source.Next(26))))),
            ("equals signs", size => new string('=', size)),
            ("random Han characters", size => string.Create(size, random, (span, source) => Fill(span, () => (char)('\u4e00' + source.Next(20_000))))),
            ("line ends", size => new string('\n', size)),
            ("combining marks", size => new string('\u0301', size)),
            ("any UTF-16", size => string.Create(size, random, (span, source) => Fill(span, () => (char)source.Next(0x10000)))),
        ];
        Console.WriteLine("\n| o200k_base, hostile input | 1 M characters, ms | 8 M, ms | 16 M, ms | growth of the last doubling |\n| --- | ---: | ---: | ---: | ---: |");
        foreach ((string name, Func<int, string> make) in inputs)
        {
            double[] times = [.. Millions.Select(millions => Best(make(millions << 20)))];
            Console.WriteLine($"| {name} | {1000 * times[0]:f0} | {1000 * times[1]:f0} | {1000 * times[2]:f0} | {times[2] / times[1]:f2} |");
        }

        double Best(string text) => Enumerable.Range(0, 3).Min(_ =>
        {
            double start = ProcessorTime();
            ours.Count(text);
            return ProcessorTime() - start;
        });

        static void Fill(Span<char> span, Func<char> next)
        {
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = next();
            }
        }
    }

    private static void PrintCache(int rounds)
    {
        ITokenCounter ours = TokenCounters.Get("o200k_base");
        using var cache = new TokenCountCache();
        string text = TextCorpus.Make("English");
        Console.WriteLine("\n| message, characters | counted, ns | cache hit, ns | cache miss, ns |\n| --- | ---: | ---: | ---: |");
        foreach (int length in new[] { 16, 49, 100, 200, 1000, 10_000 })
        {
            string message = text[..length];
            int repeat = 2_000_000 / (length + 100);
            int number = 0;
            (double counted, double hit, _) = Compare(rounds, () => ours.Measure(message).Tokens, () => cache.Measure(ours, message).Tokens, repeat);
            (double miss, _, _) = Compare(rounds, () => cache.Measure(ours, text.AsSpan(number++ % (text.Length - length), length)).Tokens, () => 0, repeat);
            Console.WriteLine($"| {length} | {1e9 * counted:f0} | {(length <= TokenCountCache.LongestUncached ? "not kept" : $"{1e9 * hit:f0}")} | {1e9 * miss:f0} |");
        }
    }

    private static void PrintThreads()
    {
        ITokenCounter ours = TokenCounters.Get("o200k_base");
        string text = TextCorpus.Make("English");
        Console.WriteLine("\n| threads | MB of text per second of processor time |\n| ---: | ---: |");
        foreach (int threads in new[] { 1, 2, 8, 32 })
        {
            double[] used = new double[threads];
            Thread[] all = [.. Enumerable.Range(0, threads).Select(i => new Thread(() =>
            {
                double start = ProcessorTime();
                for (int round = 0; round < 300 / threads; round++)
                {
                    ours.Count(text);
                }

                used[i] = ProcessorTime() - start;
            }))];
            Array.ForEach(all, thread => thread.Start());
            Array.ForEach(all, thread => thread.Join());
            Console.WriteLine($"| {threads} | {text.Length / 1e6 * (300 / threads * threads) / used.Sum():f0} |");
        }
    }

    // Returns the seconds of one call of each, and the median of the rounds' ratios.
    private static (double First, double Second, double Ratio) Compare(int rounds, Func<int> first, Func<int> second, int repeat)
    {
        int firstRepeat = Math.Max(1, repeat / 8);
        for (double until = ProcessorTime() + 0.2; ProcessorTime() < until;)
        {
            first();
            second();
        }

        // Give the tiered compiler time to finish, also on a processor that other processes use.
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start).TotalSeconds < 0.5;)
        {
            second();
        }

        double[] firsts = new double[rounds];
        double[] seconds = new double[rounds];
        double[] ratios = new double[rounds];
        for (int round = 0; round < rounds; round++)
        {
            firsts[round] = Time(first, firstRepeat);
            seconds[round] = Time(second, repeat);
            ratios[round] = firsts[round] / seconds[round];
        }

        return (Median(firsts), Median(seconds), Median(ratios));
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }

    private static double Time(Func<int> action, int repeat)
    {
        double start = ProcessorTime();
        for (int i = 0; i < repeat; i++)
        {
            action();
        }

        return (ProcessorTime() - start) / repeat;
    }

    // Returns the processor time of this thread in seconds; wall-clock time if the system does not provide it.
    private static double ProcessorTime()
    {
        const int ThreadCpuTime = 3;
        long[] time = s_time ??= new long[2];
        return OperatingSystem.IsLinux() && clock_gettime(ThreadCpuTime, time) == 0
            ? time[0] + (time[1] / 1e9)
            : Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;
    }

    [ThreadStatic]
    private static long[]? s_time;

    [DllImport("libc", EntryPoint = "clock_gettime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int clock_gettime(int clock, long[] time);

    private static string Processor() =>
        OperatingSystem.IsLinux() && File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown processor"
            : "unknown processor";
}
