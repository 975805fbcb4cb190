using System.CommandLine;

var root = new RootCommand("Budgets, token counts and prices for chat models.");

return await root.Parse(args).InvokeAsync();
