using Microsoft.Extensions.AI;

namespace MeaiBudget.Tool;

/// <summary>A tool that the provider runs. The request does not show what it adds to the input.</summary>
internal sealed class UnknownServerTool(string type) : AITool
{
    public override string Name => type;
}
