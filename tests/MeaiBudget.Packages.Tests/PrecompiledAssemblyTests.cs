using System.Globalization;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;

namespace MeaiBudget.Tests;

/// <summary>The packages have precompiled assemblies, which the runtime uses.</summary>
public sealed class PrecompiledAssemblyTests(PackedPackages packages)
{
    // "RTR" and a zero begin the header of ReadyToRun code.
    private const int ReadyToRunSignature = 0x00525452;

    // An image for another system than Windows has these bits of its machine inverted.
    private const int LinuxBits = 0x7B79;

    private const string Program = """
        using System.Runtime;
        using MeaiBudget;

        // Whatever the measurement itself needs is compiled before.
        _ = JitInfo.GetCompiledMethodCount();
        long before = JitInfo.GetCompiledMethodCount();
        decimal price = FirstPrice();
        long priced = JitInfo.GetCompiledMethodCount();
        int tokens = FirstCount();
        long counted = JitInfo.GetCompiledMethodCount();
        Console.WriteLine($"{price > 0} {tokens} {priced - before} {counted - priced}");

        static decimal FirstPrice() => PriceCatalog.Default.Resolve("gpt-4.1-mini").Price!.OutputPerMillion;

        static int FirstCount() => TokenCounters.Get("o200k_base").Count("Hello, world");
        """;

    public static TheoryData<string, string> Images
    {
        get
        {
            var images = new TheoryData<string, string>();
            foreach (string id in PackedPackages.Precompiled)
            {
                foreach (string platform in PackedPackages.Platforms)
                {
                    images.Add(id, platform);
                }
            }

            return images;
        }
    }

    [Theory, MemberData(nameof(Images))]
    public void APrecompiledAssemblyIsThePortableOneWithCodeForItsPlatform(string id, string platform)
    {
        using Package package = OpenPrecompiled(id);
        using var portable = new PEReader(new MemoryStream(package.Read($"lib/net10.0/{id}.dll")));
        using var precompiled = new PEReader(new MemoryStream(package.Read($"runtimes/{platform}/lib/net10.0/{id}.dll")));

        Assert.Equal(0, portable.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size);
        DirectoryEntry header = precompiled.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory;
        Assert.Equal(ReadyToRunSignature, precompiled.GetSectionData(header.RelativeVirtualAddress).GetReader().ReadInt32());
        Machine machine = platform.EndsWith("arm64", StringComparison.Ordinal) ? Machine.Arm64 : Machine.Amd64;
        Assert.Equal((int)machine ^ (platform.StartsWith("linux", StringComparison.Ordinal) ? LinuxBits : 0), (int)precompiled.PEHeaders.CoffHeader.Machine);

        // The symbols belong to both.
        Assert.Equal(VersionOf(portable), VersionOf(precompiled));
        Assert.Equal(SymbolsOf(portable), SymbolsOf(precompiled));
    }

    [Fact]
    public async Task AFirstPriceAndAFirstCountCompileLittle()
    {
        string platform = RuntimeInformation.RuntimeIdentifier;
        if (!PackedPackages.Platforms.Contains(platform))
        {
            Assert.Skip($"The packages have no precompiled assemblies for {platform}.");
        }

        using Package core = OpenPrecompiled("MeaiBudget");
        string folder = await packages.NewFolderWithFeedAsync("precompiled");
        await File.WriteAllTextAsync(Path.Combine(folder, "Program.cs"), Program);
        await File.WriteAllTextAsync(Path.Combine(folder, "First.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework><OutputType>Exe</OutputType><Nullable>enable</Nullable><ImplicitUsings>enable</ImplicitUsings>
              </PropertyGroup>
              <ItemGroup><PackageReference Include="MeaiBudget" Version="{core.Version}" /></ItemGroup>
            </Project>
            """);
        (await CommandLine.RunAsync("dotnet", ["build", "First.csproj", "-c", "Release"], folder, packages.OwnPackageFolder)).Succeeded();
        string output = Path.Combine(folder, "bin", "Release", "net10.0");

        (int price, int count) = await CompiledMethodsAsync(output);
        File.Copy(Path.Combine(output, "MeaiBudget.dll"), Path.Combine(output, "runtimes", platform, "lib", "net10.0", "MeaiBudget.dll"), overwrite: true);
        (int portablePrice, int portableCount) = await CompiledMethodsAsync(output);

        // The portable assembly shows what is measured: all that the two calls run through is compiled.
        Assert.InRange(portablePrice, 50, int.MaxValue);
        Assert.InRange(portableCount, 20, int.MaxValue);
        Assert.InRange(price, 0, 25);
        Assert.InRange(count, 0, 15);
    }

    private static async Task<(int Price, int Count)> CompiledMethodsAsync(string output)
    {
        // Without tiers: a busy machine would compile again what was called often, and count that too.
        var withoutTiers = new Dictionary<string, string?> { ["DOTNET_TieredCompilation"] = "0" };
        CommandLine run = await CommandLine.RunAsync("dotnet", [Path.Combine(output, "First.dll")], output, withoutTiers);
        string[] words = run.Succeeded().Output.Trim().Split(' ');
        Assert.Equal(["True", "3"], words[..2]);
        return (int.Parse(words[2], CultureInfo.InvariantCulture), int.Parse(words[3], CultureInfo.InvariantCulture));
    }

    private static Guid VersionOf(PEReader image)
    {
        MetadataReader metadata = image.GetMetadataReader();
        return metadata.GetGuid(metadata.GetModuleDefinition().Mvid);
    }

    private static Guid SymbolsOf(PEReader image) =>
        image.ReadCodeViewDebugDirectoryData(image.ReadDebugDirectory().Single(entry => entry.Type == DebugDirectoryEntryType.CodeView)).Guid;

    private Package OpenPrecompiled(string id)
    {
        Package package = packages.Open(id);
        if (PackedPackages.Configuration != "Release")
        {
            package.Dispose();
            Assert.Skip("Only packages of a Release build have precompiled assemblies.");
        }

        return package;
    }
}
