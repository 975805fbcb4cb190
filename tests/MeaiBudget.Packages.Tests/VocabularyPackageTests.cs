using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace MeaiBudget.Tests;

/// <summary>The tables of vocabularies in their package are where a program can use them without copying.</summary>
public sealed class VocabularyPackageTests(PackedPackages packages)
{
    private const string Id = "MeaiBudget.Vocabularies";
    private const int Alignment = 64;

    [Fact]
    public void TheTablesAreResourcesAtAlignedAddresses()
    {
        using Package package = packages.Open(Id);
        byte[] assembly = package.Read($"lib/net10.0/{Id}.dll");
        using var image = new PEReader(new MemoryStream(assembly));
        MetadataReader metadata = image.GetMetadataReader();
        int resources = image.PEHeaders.CorHeader!.ResourcesDirectory.RelativeVirtualAddress;
        Assert.Equal(["cl100k_base.tables", "o200k_base.tables"], metadata.ManifestResources.Select(handle => metadata.GetString(metadata.GetManifestResource(handle).Name)).Order(StringComparer.Ordinal));
        Assert.All(metadata.ManifestResources, handle =>
        {
            int address = resources + (int)metadata.GetManifestResource(handle).Offset;
            BlobReader reader = image.GetSectionData(address).GetReader();
            int length = reader.ReadInt32();
            Assert.InRange(length, 3_000_000, 7_000_000);

            // Zeros stand before the tables, up to the first aligned address.
            int before = -(address + sizeof(int)) & (Alignment - 1);
            Assert.All(reader.ReadBytes(before), value => Assert.Equal(0, value));
            Assert.NotEqual(0, reader.ReadByte());
        });
    }

    /// <summary>The packages of the vocabularies' source are there to build the tables, and not needed where the tables are.</summary>
    [Fact]
    public async Task AProgramInOneFileCountsWithTheTables()
    {
        using Package core = packages.Open("MeaiBudget");
        string folder = await packages.NewFolderWithFeedAsync("single-file");
        await File.WriteAllTextAsync(Path.Combine(folder, "Program.cs"), """
            using MeaiBudget;

            Console.WriteLine($"{TokenCounters.Get("o200k_base").Count("Hello, world")} {TokenCounters.ForModel("gpt-4").Count("hello world")}");
            Console.WriteLine(string.Join(' ', AppDomain.CurrentDomain.GetAssemblies().Select(assembly => assembly.GetName().Name)));
            """);
        await File.WriteAllTextAsync(Path.Combine(folder, "Single.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework><OutputType>Exe</OutputType><Nullable>enable</Nullable><ImplicitUsings>enable</ImplicitUsings>
                <PublishSingleFile>true</PublishSingleFile><SelfContained>false</SelfContained>
              </PropertyGroup>
              <ItemGroup><PackageReference Include="MeaiBudget" Version="{core.Version}" /></ItemGroup>
            </Project>
            """);
        string output = Path.Combine(folder, "out");
        (await CommandLine.RunAsync("dotnet", ["publish", "Single.csproj", "-c", "Release", "--use-current-runtime", "-o", output], folder, packages.OwnPackageFolder)).Succeeded();

        string[] lines = (await CommandLine.RunAsync(Path.Combine(output, OperatingSystem.IsWindows() ? "Single.exe" : "Single"), [], folder)).Succeeded().Output.Trim().Split('\n');

        Assert.Equal("3 2", lines[0].Trim());
        Assert.Contains(Id, lines[1].Split(' '));
        Assert.DoesNotContain(lines[1].Split(' '), name => name.StartsWith("Microsoft.ML.Tokenizers.Data", StringComparison.Ordinal));
        Assert.False(File.Exists(Path.Combine(output, Id + ".dll")), "The tables lie beside the program.");
    }
}
