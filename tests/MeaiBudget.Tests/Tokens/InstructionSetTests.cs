using System.Diagnostics;

namespace MeaiBudget.Tests;

/// <summary>The same tests in a process that may not use the processor's vectors, or only those of 128 bits.</summary>
public sealed class InstructionSetTests
{
    [Theory]
    [InlineData("DOTNET_EnableHWIntrinsic")]
    [InlineData("DOTNET_EnableAVX")]
    public async Task CountsDoNotDependOnTheInstructionsAtHand(string switchedOff)
    {
        LongTest.SkipUnlessWanted();
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(InstructionSetTests).Assembly.Location);
        }

        foreach (string argument in new[] { "--filter-method", "*CountsAreThoseOfTiktoken", "--filter-method", "*EveryTextCountsAsTheReference*", "--filter-method", "*DoesNotFitTheBuffer*", "--filter-method", "*AnyUTF16IsTranscoded*" })
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment[switchedOff] = "0";
        start.Environment["MEAIBUDGET_FUZZ_STEPS"] = "100";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken) + await errors;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, output);
        Assert.Contains("total: 4", output, StringComparison.Ordinal);
    }
}
