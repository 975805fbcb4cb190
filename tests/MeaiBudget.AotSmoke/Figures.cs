using System.Globalization;

namespace MeaiBudget.AotSmoke;

/// <summary>Prints measured values next to the expected ones, and counts those that differ.</summary>
internal sealed class Figures
{
    public int Mismatches { get; private set; }

    public void Expect<T>(string name, T expected, T actual)
    {
        bool isRight = EqualityComparer<T>.Default.Equals(expected, actual);
        Mismatches += isRight ? 0 : 1;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(isRight ? "ok" : "MISMATCH"),-9}{name}: {actual}{(isRight ? "" : $", expected {expected}")}"));
    }

    public static void State(string name, double milliseconds) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"time",-9}{name}: {milliseconds:0.0} ms"));
}
