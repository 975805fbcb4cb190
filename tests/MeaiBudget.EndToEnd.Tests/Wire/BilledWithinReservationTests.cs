using System.Globalization;
using System.Text;
using CsCheck;

namespace MeaiBudget.Tests;

/// <summary>
/// A provider that bills by the bytes it received never bills more than was reserved before they left, and the ledger agrees with its
/// account. The number of calls comes from MEAIBUDGET_WIRE_CALLS.
/// </summary>
public sealed class BilledWithinReservationTests
{
    private const int Callers = 4;
    private const int CallsOfACaller = 5;

    private static int Calls => int.TryParse(Environment.GetEnvironmentVariable("MEAIBUDGET_WIRE_CALLS"), CultureInfo.InvariantCulture, out int calls) ? calls : 1_000;

    [Fact]
    public async Task AProviderNeverBillsMoreThanWasReservedAndTheLedgerHasItsAccount() =>
        await Gen.Select(RandomCall.Any.Array[CallsOfACaller].Array[Callers], Gen.OneOf(Gen.Int[200, 5_000], Gen.Int[5_000, 100_000]), Gen.Int[0, 2]).SampleAsync(
            BilledCalls.RunAsync, iter: Math.Max(1, Calls / (Callers * CallsOfACaller)), threads: 2, print: Print);

    private static string Print((RandomCall[][] Callers, int Limit, int Retries) one)
    {
        StringBuilder text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"limit {one.Limit}, retries {one.Retries}");
        foreach (RandomCall[] calls in one.Callers)
        {
            text.AppendLine().AppendJoin("\n", calls.Select(call => call.ToString()));
        }

        return text.ToString();
    }
}
